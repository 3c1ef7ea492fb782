# Finds the C++ Actor Framework as Debian ships it (libcaf-dev installs no CMake files) and defines
# CAF::core, CAF::io and CAF::openssl. Callboard is written for 0.17; 0.18 changed the interface.
find_path(CAF_INCLUDE_DIR caf/all.hpp)
set(CAF_VERSION "")
if(CAF_INCLUDE_DIR AND EXISTS "${CAF_INCLUDE_DIR}/caf/config.hpp")
  file(STRINGS "${CAF_INCLUDE_DIR}/caf/config.hpp" _caf_version REGEX "#define CAF_VERSION [0-9]+")
  string(REGEX MATCH "[0-9]+" _caf_version "${_caf_version}")
  math(EXPR _caf_major "${_caf_version} / 10000")
  math(EXPR _caf_minor "(${_caf_version} / 100) % 100")
  math(EXPR _caf_patch "${_caf_version} % 100")
  set(CAF_VERSION "${_caf_major}.${_caf_minor}.${_caf_patch}")
  if(NOT CAF_VERSION VERSION_GREATER_EQUAL 0.17 OR NOT CAF_VERSION VERSION_LESS 0.18)
    message(FATAL_ERROR "Callboard needs CAF 0.17.x, found ${CAF_VERSION} in ${CAF_INCLUDE_DIR}: install libcaf-dev of Debian")
  endif()
endif()

set(_caf_needed CAF_INCLUDE_DIR)
foreach(component IN LISTS CAF_FIND_COMPONENTS)
  find_library(CAF_${component}_LIBRARY caf_${component})
  list(APPEND _caf_needed CAF_${component}_LIBRARY)
  if(CAF_INCLUDE_DIR AND CAF_${component}_LIBRARY AND NOT TARGET CAF::${component})
    add_library(CAF::${component} SHARED IMPORTED)
    set_target_properties(
      CAF::${component}
      PROPERTIES IMPORTED_LOCATION "${CAF_${component}_LIBRARY}"
                 INTERFACE_INCLUDE_DIRECTORIES "${CAF_INCLUDE_DIR}"
                 # A message type that is not registered becomes a compile error instead of a lost message.
                 INTERFACE_COMPILE_DEFINITIONS CAF_ENABLE_TYPE_ID_CHECKS)
  endif()
endforeach()
if(TARGET CAF::core)
  target_link_libraries(CAF::core INTERFACE Threads::Threads)
endif()
if(TARGET CAF::io)
  target_link_libraries(CAF::io INTERFACE CAF::core)
endif()
if(TARGET CAF::openssl)
  target_link_libraries(CAF::openssl INTERFACE CAF::io OpenSSL::SSL)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(CAF REQUIRED_VARS ${_caf_needed} VERSION_VAR CAF_VERSION)
mark_as_advanced(CAF_INCLUDE_DIR)
