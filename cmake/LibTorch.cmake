# Imported targets for an unpacked LibTorch (the `torch` wheel's lib/ and include/). find_package(Torch) is not used: it
# insists on a CUDA toolkit, while our programs link only torch_cpu and c10 and open the CUDA half at run time.
set(RANKSCOPE_LIBTORCH "${CMAKE_SOURCE_DIR}/.deps/libtorch" CACHE PATH "folder with LibTorch's lib/ and include/")
if(NOT EXISTS "${RANKSCOPE_LIBTORCH}/lib/libtorch_cpu.so")
    message(FATAL_ERROR "LibTorch was not found in ${RANKSCOPE_LIBTORCH}. Run scripts/setup.sh, or point "
        "RANKSCOPE_LIBTORCH at your own copy (the folder that holds lib/libtorch_cpu.so).")
endif()

add_library(rankscope_libtorch INTERFACE)
add_library(rankscope::libtorch ALIAS rankscope_libtorch)
# After the system's folders: the wheel carries headers of its own fmt, which is not the one we link.
target_compile_options(rankscope_libtorch INTERFACE
    "SHELL:$<$<COMPILE_LANGUAGE:CXX>:-idirafter ${RANKSCOPE_LIBTORCH}/include>"
    "SHELL:$<$<COMPILE_LANGUAGE:CXX>:-idirafter ${RANKSCOPE_LIBTORCH}/include/torch/csrc/api/include>")
# libtorch_cpu needs libcudart and libcupti, which lie beside it (scripts/setup.sh puts them there).
target_link_directories(rankscope_libtorch INTERFACE "${RANKSCOPE_LIBTORCH}/lib")
target_link_libraries(rankscope_libtorch INTERFACE torch_cpu c10)
target_link_options(rankscope_libtorch INTERFACE "LINKER:-rpath-link,${RANKSCOPE_LIBTORCH}/lib")
