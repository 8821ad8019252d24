# The engine module: src/core/torch, the only place that sees libtorch, on src/core/nn. It is built as a shared module exporting one
# symbol, embedded in the binary (cmake/Embed.cmake) and loaded on first use (src/core/engine/loader.cpp).
# TORCH_ROOT points at another libtorch (a PyPI wheel's torch/ folder, say).
set(TORCH_ROOT "" CACHE PATH "libtorch to build against; empty: the system's")
find_path(TORCH_INCLUDE torch/version.h torch/csrc/api/include/torch/version.h HINTS ${TORCH_ROOT}/include REQUIRED)
find_library(TORCH_LIBRARY torch HINTS ${TORCH_ROOT}/lib REQUIRED)
find_library(TORCH_CPU_LIBRARY torch_cpu HINTS ${TORCH_ROOT}/lib REQUIRED)
find_library(C10_LIBRARY c10 HINTS ${TORCH_ROOT}/lib REQUIRED)
# The oneDNN that libtorch uses: two of them in one process would be two thread pools and twice the code.
find_library(DNNL_LIBRARY dnnl REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS CXX)

# The handshake between binary and module: what crosses the seam, and the compiler that laid it out.
set(seam_text "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}")
foreach(header base/result.h tensor/tensor.h engine/network.h engine/engine.h engine/module.h)
  file(READ src/core/${header} header_text)
  string(APPEND seam_text "${header_text}")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS src/core/${header})
endforeach()
string(SHA256 MLCTL_ENGINE_BUILD_ID "${seam_text}")
set_source_files_properties(src/core/torch/entry.cpp PROPERTIES COMPILE_DEFINITIONS
  "MLCTL_ENGINE_BUILD_ID=\"${MLCTL_ENGINE_BUILD_ID}\"")
# What to install where the module's libraries are absent: libtorch.so -> libtorch.so.1.13 is Debian's libtorch1.13.
set(MLCTL_ENGINE_PACKAGES "libtorch-dev libopenblas0-pthread")
get_filename_component(torch_folder ${TORCH_LIBRARY} DIRECTORY)
file(GLOB torch_sonames RELATIVE ${torch_folder} ${torch_folder}/libtorch.so.[0-9]*.[0-9]*)
list(FILTER torch_sonames INCLUDE REGEX "^libtorch\\.so\\.[0-9]+\\.[0-9]+$")
if(torch_sonames)
  string(REGEX REPLACE "libtorch\\.so\\.([0-9.]+)" "libtorch\\1 libopenblas0-pthread" MLCTL_ENGINE_PACKAGES "${torch_sonames}")
endif()
set_source_files_properties(src/core/engine/loader.cpp PROPERTIES COMPILE_DEFINITIONS
  "MLCTL_ENGINE_BUILD_ID=\"${MLCTL_ENGINE_BUILD_ID}\";MLCTL_ENGINE_PACKAGES=\"${MLCTL_ENGINE_PACKAGES}\"")

# No contraction: the loops give the same numbers on every vector unit.
set(engine_options -fvisibility=hidden $<$<CONFIG:Release>:-O3> -fno-math-errno -fno-trapping-math -ffp-contract=off)
add_library(mlctl_nn OBJECT ${nn_sources})
target_include_directories(mlctl_nn PUBLIC src)
target_compile_options(mlctl_nn PRIVATE ${engine_options})
target_link_libraries(mlctl_nn PUBLIC OpenMP::OpenMP_CXX)
add_library(mlctl_torch OBJECT ${torch_sources})
target_include_directories(mlctl_torch SYSTEM PUBLIC ${TORCH_INCLUDE} ${TORCH_INCLUDE}/torch/csrc/api/include)
target_compile_options(mlctl_torch PRIVATE ${engine_options} -Wno-pedantic -Wno-shadow)
target_link_libraries(mlctl_torch PUBLIC mlctl_nn ${TORCH_LIBRARY} ${TORCH_CPU_LIBRARY} ${C10_LIBRARY} ${DNNL_LIBRARY})

set_source_files_properties(src/core/nn/pool_avx2.cpp PROPERTIES COMPILE_OPTIONS -march=x86-64-v3)
set_source_files_properties(src/core/nn/pool_avx512.cpp PROPERTIES COMPILE_OPTIONS "-march=x86-64-v4;-mprefer-vector-width=512")

# Of the core only what the engine uses is linked in, hidden. A library of its own: out of the whole archive the
# linker also takes files that happen to hold a template the engine uses, and with them libraries that cannot go
# into a shared module (libyaml-cpp.a).
file(GLOB engine_core_sources CONFIGURE_DEPENDS src/core/base/*.cpp src/core/engine/network*.cpp
  src/core/engine/parameters.cpp src/core/tensor/tensor.cpp src/core/text/json.cpp src/core/sys/fs.cpp)
add_library(mlctl_engine_core STATIC ${engine_core_sources})
target_include_directories(mlctl_engine_core PUBLIC src)
target_link_libraries(mlctl_engine_core PUBLIC mlctl_static_libraries)
add_dependencies(mlctl_engine_core mlctl_version)
add_library(mlctl_engine_module MODULE)
set_target_properties(mlctl_engine_module PROPERTIES PREFIX lib OUTPUT_NAME mlctl_torch LINKER_LANGUAGE CXX)
target_link_libraries(mlctl_engine_module PRIVATE mlctl_torch mlctl_nn mlctl_engine_core)
target_link_options(mlctl_engine_module PRIVATE -Wl,--gc-sections -Wl,--exclude-libs,ALL -Wl,-s
  -Wl,--version-script=${CMAKE_SOURCE_DIR}/cmake/engine.map)
set_target_properties(mlctl_engine_module PROPERTIES LINK_DEPENDS ${CMAKE_SOURCE_DIR}/cmake/engine.map)
