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
