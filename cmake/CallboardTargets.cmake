include(GNUInstallDirs)

# callboard_library(NAME SOURCES ... [LINKS ...] [PCH header ...])
# The library of one folder, as target callboard_NAME. LINKS are public; core's is `callboard_core`, and so on.
function(callboard_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PCH" ${ARGN})
  add_library(callboard_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(callboard_${name} PUBLIC callboard_options ${ARG_LINKS})
  if(ARG_PCH)
    target_precompile_headers(callboard_${name} PRIVATE ${ARG_PCH})
  endif()
endfunction()

# callboard_test(NAME SOURCES ... [LINKS ...] [PCH header ...])
# One test program per folder, test_NAME; ctest sees every test case, labelled NAME.
function(callboard_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PCH" ${ARGN})
  add_executable(test_${name} ${ARG_SOURCES})
  target_link_libraries(test_${name} PRIVATE callboard_test_main ${ARG_LINKS})
  if(ARG_PCH)
    target_precompile_headers(test_${name} PRIVATE ${ARG_PCH})
  endif()
  catch_discover_tests(test_${name} TEST_PREFIX "${name}: " DISCOVERY_MODE PRE_TEST PROPERTIES LABELS ${name} TIMEOUT 120)
endfunction()

# callboard_script_test(NAME SCRIPT file LABEL label [ARGS ...] [TIMEOUT s] [PROCESSORS n])
# A Python script as a test: exit code 0 passes, 77 skips (the script says why), anything else fails.
function(callboard_script_test name)
  cmake_parse_arguments(ARG "" "SCRIPT;LABEL;TIMEOUT;PROCESSORS" "ARGS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  if(NOT ARG_PROCESSORS)
    set(ARG_PROCESSORS 1)
  endif()
  add_test(NAME "${ARG_LABEL}: ${name}" COMMAND "${CALLBOARD_PYTHON}" -B "${CMAKE_CURRENT_SOURCE_DIR}/${ARG_SCRIPT}" ${ARG_ARGS})
  set_tests_properties("${ARG_LABEL}: ${name}" PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT} SKIP_RETURN_CODE 77
                                                          PROCESSORS ${ARG_PROCESSORS})
endfunction()
