# Compiler settings of our own targets, carried by one interface target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
find_program(UNDERTONE_CCACHE ccache)
if(UNDERTONE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${UNDERTONE_CCACHE})
endif()

# Where the launcher puts what it fetches.
set(UNDERTONE_USER_CACHE $ENV{HOME}/.cache/undertone)
if(NOT "$ENV{UNDERTONE_CACHE}" STREQUAL "")  # empty counts as unset, as in the launcher
  set(UNDERTONE_USER_CACHE $ENV{UNDERTONE_CACHE})
elseif(NOT "$ENV{XDG_CACHE_HOME}" STREQUAL "")
  set(UNDERTONE_USER_CACHE $ENV{XDG_CACHE_HOME}/undertone)
endif()

find_package(Threads REQUIRED)
add_library(undertone_options INTERFACE)
add_library(undertone::options ALIAS undertone_options)
# -ffp-contract=off: results must not depend on whether the compiler fuses a multiply and an add.
target_compile_options(undertone_options INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Werror -ffp-contract=off)
target_include_directories(undertone_options INTERFACE ${CMAKE_SOURCE_DIR})
target_link_libraries(undertone_options INTERFACE Threads::Threads)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False positives of GCC 12 with optimisation (std::string, std::variant).
  target_compile_options(undertone_options INTERFACE -Wno-restrict -Wno-maybe-uninitialized)
endif()
if(UNDERTONE_SANITIZE)
  target_compile_options(undertone_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(undertone_options INTERFACE -fsanitize=address,undefined)
endif()
if(UNDERTONE_FUZZ)
  # What -fno-sanitize leaves out, AddressSanitizer finds too; it is a fifth of the build's time.
  target_compile_options(undertone_options INTERFACE -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
    -fno-sanitize=null,vptr,object-size)
  target_link_options(undertone_options INTERFACE -fsanitize=address,undefined)
endif()
find_program(UNDERTONE_MOLD mold)
if(UNDERTONE_MOLD AND NOT UNDERTONE_SANITIZE)
  add_link_options(-fuse-ld=mold)
endif()

# undertone_uses(name deps...): dependencies of the .cc files only, never of the headers.
function(undertone_uses name)
  get_target_property(type ${name} TYPE)
  if(type STREQUAL "INTERFACE_LIBRARY")
    target_link_libraries(${name} INTERFACE ${ARGN})
  else()
    target_link_libraries(${name} PRIVATE ${ARGN})
  endif()
endfunction()

# Libraries that the gpu preset does without: a source that includes one of their headers is left out of its archive there.
# What would call it is in the archive but is not linked, as long as no target of that preset asks for it.
set(UNDERTONE_NOT_ON_GPU "^#include <(openssl/|utf8proc|pcre2|sentencepiece)")

# undertone_library(name SOURCES-DIR deps...): a static library of every .cc in a folder.
function(undertone_library name dir)
  file(GLOB sources CONFIGURE_DEPENDS ${dir}/*.cc)
  if(UNDERTONE_GPU_ONLY)
    foreach(source ${sources})
      file(STRINGS ${source} other REGEX "${UNDERTONE_NOT_ON_GPU}")
      if(other)
        list(REMOVE_ITEM sources ${source})
        message(STATUS "gpu preset: without ${source}")
      endif()
    endforeach()
  endif()
  if(NOT sources)
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE undertone::options ${ARGN})
  else()
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PRIVATE undertone::options PUBLIC ${ARGN})
    target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
  endif()
  string(REPLACE "ut_" "undertone::" alias ${name})
  add_library(${alias} ALIAS ${name})
endfunction()
