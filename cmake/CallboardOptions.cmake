# Language, warnings, sanitizers and compile speed, once, as the interface target `callboard_options`.
option(CALLBOARD_TESTS "Build the tests" ON)
option(CALLBOARD_WERROR "Treat warnings as errors" ON)
set(CALLBOARD_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize= (address,undefined or thread)")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Debug CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# What a person runs lies at the top of the build folder: build/release/callboard.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")

find_program(CCACHE ccache)
if(CCACHE)
  # A precompiled header names its defines and times; without the two sloppiness flags nothing that uses one is cached.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()

add_library(callboard_options INTERFACE)
target_include_directories(callboard_options INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_options(callboard_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                                                  $<$<BOOL:${CALLBOARD_WERROR}>:-Werror> $<$<BOOL:${CCACHE}>:-fpch-preprocess>)
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  # Enough for a backtrace; full debug information doubles the build time of template-heavy files.
  target_compile_options(callboard_options INTERFACE -g1)
endif()
if(CALLBOARD_SANITIZE)
  target_compile_options(callboard_options INTERFACE -fsanitize=${CALLBOARD_SANITIZE} -fno-omit-frame-pointer -O1)
  target_link_options(callboard_options INTERFACE -fsanitize=${CALLBOARD_SANITIZE})
endif()
find_program(MOLD mold)
if(MOLD)
  target_link_options(callboard_options INTERFACE -fuse-ld=mold)
endif()
