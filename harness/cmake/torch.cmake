# libtorch through an imported target of our own: the C++ part of the PyPI wheel, without Python.
# Where it lies, the first of: -DUNDERTONE_LIBTORCH (the launcher passes it), the environment's UNDERTONE_LIBTORCH, what the
# last configuration used, the user cache. Nothing found there is cached, so that another folder is noticed.
if(NOT UNDERTONE_MODEL)
  return()
endif()
if(DEFINED ENV{UNDERTONE_LIBTORCH} AND NOT "$ENV{UNDERTONE_LIBTORCH}" STREQUAL ""
   AND "${UNDERTONE_LIBTORCH}" STREQUAL "${UNDERTONE_LIBTORCH_BEFORE}")
  set(UNDERTONE_LIBTORCH $ENV{UNDERTONE_LIBTORCH})
endif()
if(NOT UNDERTONE_LIBTORCH)
  include(${CMAKE_CURRENT_LIST_DIR}/user_cache.cmake)
  file(GLOB found ${UNDERTONE_USER_CACHE}/libtorch/*/torch)
  if(found)
    list(GET found 0 UNDERTONE_LIBTORCH)
  endif()
endif()
set(UNDERTONE_LIBTORCH "${UNDERTONE_LIBTORCH}" CACHE PATH "Folder that holds include/ and lib/ of libtorch" FORCE)
set(UNDERTONE_LIBTORCH_BEFORE "${UNDERTONE_LIBTORCH}" CACHE INTERNAL "UNDERTONE_LIBTORCH of the last configuration")
set(torch_include ${UNDERTONE_LIBTORCH}/include)
foreach(part torch_cpu c10 torch_cuda c10_cuda)
  find_library(${part}_library ${part} PATHS ${UNDERTONE_LIBTORCH}/lib NO_DEFAULT_PATH NO_CACHE)
endforeach()
if(NOT EXISTS ${torch_include}/torch/csrc/api/include/torch/nn/module.h OR NOT torch_cpu_library OR NOT c10_library)
  message(FATAL_ERROR "libtorch is not in '${UNDERTONE_LIBTORCH}' (looked for include/torch and lib/libtorch_cpu.so). "
    "Run './undertone setup', or set UNDERTONE_LIBTORCH to the folder that holds include/ and lib/, or configure with -DUNDERTONE_MODEL=OFF.")
endif()
add_library(third_party_torch INTERFACE)
# The wheel carries headers of another fmt than the one we link; a folder that holds only our fmt goes before them.
get_target_property(FMT_INCLUDE fmt::fmt INTERFACE_INCLUDE_DIRECTORIES)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/third_party_fmt)
file(CREATE_LINK ${FMT_INCLUDE}/fmt ${CMAKE_BINARY_DIR}/third_party_fmt/fmt SYMBOLIC)
target_include_directories(third_party_torch SYSTEM INTERFACE ${CMAKE_BINARY_DIR}/third_party_fmt)
target_include_directories(third_party_torch SYSTEM INTERFACE ${torch_include} ${torch_include}/torch/csrc/api/include)
target_link_libraries(third_party_torch INTERFACE ${torch_cpu_library} ${c10_library})
if(torch_cuda_library AND c10_cuda_library)
  # Nothing of ours names a symbol of torch_cuda; without this the linker would drop it and CUDA would not register. Its own
  # needs (cuBLAS, cuDNN, ...) lie in sibling packages that its run path finds, but the linker may not.
  target_link_options(third_party_torch INTERFACE
    -Wl,--no-as-needed ${torch_cuda_library} ${c10_cuda_library} -Wl,--as-needed -Wl,--allow-shlib-undefined)
  message(STATUS "libtorch with CUDA: ${torch_cuda_library}")
endif()
target_link_options(third_party_torch INTERFACE -Wl,-rpath,${UNDERTONE_LIBTORCH}/lib -Wl,--disable-new-dtags)
