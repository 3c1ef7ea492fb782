# Language, warnings, sanitizers and compile speed, once, as the interface target `callboard_options`.
option(CALLBOARD_TESTS "Build the tests" ON)
option(CALLBOARD_WERROR "Treat warnings as errors" ON)
option(CALLBOARD_JEMALLOC "Link jemalloc where it is installed (never with sanitizers)" ON)
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
  # Paths are taken relative to the source folder, so that a second checkout finds what the first one compiled.
  # "Depend" mode compares headers byte by byte. By their preprocessed text, a precompiled header made before a change of
  # white space is found again after it, and then `#pragma once`, which compares bytes, includes the header twice.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
      CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1 CCACHE_NAMESPACE=callboard ${CCACHE})
endif()

add_library(callboard_options INTERFACE)
target_include_directories(callboard_options INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_options(callboard_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                                                  # Designated initialisers leave members at their defaults on purpose.
                                                  -Wno-missing-field-initializers
                                                  $<$<BOOL:${CALLBOARD_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  if(CCACHE AND NOT CMAKE_DISABLE_PRECOMPILE_HEADERS)
    target_compile_options(callboard_options INTERFACE -fpch-preprocess)
  endif()
  # GCC 12 sees overlapping copies in `"text" + std::string` where there are none (GCC bug 105651).
  target_compile_options(callboard_options INTERFACE -Wno-restrict)
  if(CALLBOARD_SANITIZE)
    # The checks that sanitizers insert lead GCC to paths that cannot be taken (GCC manual, -fsanitize).
    target_compile_options(callboard_options INTERFACE -Wno-maybe-uninitialized)
  endif()
endif()

# Enough debug information for a backtrace; all of it doubles the build time of template-heavy files.
set(CMAKE_CXX_FLAGS_DEBUG "-g1")
# -O3 of template-heavy code is larger and measured no faster.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")

if(CALLBOARD_SANITIZE)
  # vptr and null double the time that CAF's templates take to compile; what they find at run time, AddressSanitizer
  # and the hardware find as well. The code of the tests is not optimised, and not looked at for undefined behaviour:
  # with the first a file takes three quarters longer to compile, with the second a third.
  set(is_test $<BOOL:$<TARGET_PROPERTY:CALLBOARD_IS_TEST>>)
  target_compile_options(callboard_options INTERFACE -fsanitize=${CALLBOARD_SANITIZE} -fno-sanitize=vptr,null
                                                    -fno-sanitize-recover=all -fno-omit-frame-pointer
                                                    $<IF:${is_test},-O0,-O1> $<${is_test}:-fno-sanitize=undefined>)
  target_link_options(callboard_options INTERFACE -fsanitize=${CALLBOARD_SANITIZE})
endif()

# The fastest linker that is there; the default one does as well.
find_program(MOLD mold)
find_program(LLD ld.lld)
if(MOLD)
  target_link_options(callboard_options INTERFACE -fuse-ld=mold)
elseif(LLD)
  target_link_options(callboard_options INTERFACE -fuse-ld=lld)
endif()

# `callboard_allocator`: for programs that live long and free much. Empty where jemalloc is missing or unwanted.
add_library(callboard_allocator INTERFACE)
find_library(JEMALLOC jemalloc)
if(CALLBOARD_JEMALLOC AND JEMALLOC AND NOT CALLBOARD_SANITIZE)
  target_link_libraries(callboard_allocator INTERFACE -Wl,--no-as-needed ${JEMALLOC} -Wl,--as-needed)
endif()
