# libtorch through an imported target of our own: the C++ part of the PyPI wheel, without Python.
# The launcher passes UNDERTONE_LIBTORCH; it may also be set in the environment.
if(NOT UNDERTONE_MODEL)
  return()
endif()
if(NOT UNDERTONE_LIBTORCH AND DEFINED ENV{UNDERTONE_LIBTORCH})
  set(UNDERTONE_LIBTORCH $ENV{UNDERTONE_LIBTORCH})
endif()
if(NOT UNDERTONE_LIBTORCH)
  file(GLOB found $ENV{HOME}/.cache/undertone/libtorch/*/torch)
  list(GET found 0 UNDERTONE_LIBTORCH)
endif()
find_path(TORCH_INCLUDE torch/csrc/api/include/torch/nn/module.h PATHS ${UNDERTONE_LIBTORCH}/include NO_DEFAULT_PATH)
find_library(TORCH_CPU_LIBRARY torch_cpu PATHS ${UNDERTONE_LIBTORCH}/lib NO_DEFAULT_PATH)
find_library(C10_LIBRARY c10 PATHS ${UNDERTONE_LIBTORCH}/lib NO_DEFAULT_PATH)
if(NOT TORCH_INCLUDE OR NOT TORCH_CPU_LIBRARY OR NOT C10_LIBRARY)
  message(FATAL_ERROR "libtorch is not in '${UNDERTONE_LIBTORCH}' (looked for include/torch and lib/libtorch_cpu.so). "
    "Run './undertone setup', or set UNDERTONE_LIBTORCH to the folder that holds include/ and lib/, or configure with -DUNDERTONE_MODEL=OFF.")
endif()
add_library(third_party_torch INTERFACE)
# The wheel carries headers of another fmt than the one we link; a folder that holds only our fmt goes before them.
get_target_property(FMT_INCLUDE fmt::fmt INTERFACE_INCLUDE_DIRECTORIES)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/third_party_fmt)
file(CREATE_LINK ${FMT_INCLUDE}/fmt ${CMAKE_BINARY_DIR}/third_party_fmt/fmt SYMBOLIC)
target_include_directories(third_party_torch SYSTEM INTERFACE ${CMAKE_BINARY_DIR}/third_party_fmt)
target_include_directories(third_party_torch SYSTEM INTERFACE ${TORCH_INCLUDE} ${TORCH_INCLUDE}/torch/csrc/api/include)
target_link_libraries(third_party_torch INTERFACE ${TORCH_CPU_LIBRARY} ${C10_LIBRARY})
find_library(TORCH_CUDA_LIBRARY torch_cuda PATHS ${UNDERTONE_LIBTORCH}/lib NO_DEFAULT_PATH)
find_library(C10_CUDA_LIBRARY c10_cuda PATHS ${UNDERTONE_LIBTORCH}/lib NO_DEFAULT_PATH)
if(TORCH_CUDA_LIBRARY AND C10_CUDA_LIBRARY)
  # Nothing of ours names a symbol of torch_cuda; without this the linker would drop it and CUDA would not register. Its own
  # needs (cuBLAS, cuDNN, ...) lie in sibling packages that its run path finds, but the linker may not.
  target_link_options(third_party_torch INTERFACE
    -Wl,--no-as-needed ${TORCH_CUDA_LIBRARY} ${C10_CUDA_LIBRARY} -Wl,--as-needed -Wl,--allow-shlib-undefined)
  message(STATUS "libtorch with CUDA: ${TORCH_CUDA_LIBRARY}")
endif()
target_link_options(third_party_torch INTERFACE -Wl,-rpath,${UNDERTONE_LIBTORCH}/lib -Wl,--disable-new-dtags)
