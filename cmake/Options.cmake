# One interface target with the language level and the warnings that all our own code is built with.
add_library(rankscope_options INTERFACE)
add_library(rankscope::options ALIAS rankscope_options)
target_compile_features(rankscope_options INTERFACE cxx_std_20)
target_include_directories(rankscope_options INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_options(rankscope_options INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wpedantic;-Wconversion;-Wsign-conversion;-Wshadow;-Wnon-virtual-dtor;-Woverloaded-virtual>)
option(RANKSCOPE_WERROR "treat warnings as errors" OFF)
if(RANKSCOPE_WERROR)
    target_compile_options(rankscope_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Werror>)
endif()
set(RANKSCOPE_SANITIZE "" CACHE STRING "sanitizers: address;undefined or thread")
if(RANKSCOPE_SANITIZE)
    string(REPLACE ";" "," _sanitizers "${RANKSCOPE_SANITIZE}")
    target_compile_options(rankscope_options INTERFACE
        $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${_sanitizers};-fno-omit-frame-pointer>)
    target_link_options(rankscope_options INTERFACE $<$<LINK_LANGUAGE:CXX>:-fsanitize=${_sanitizers}>)
endif()
