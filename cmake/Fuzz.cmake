# `make fuzz`: one libFuzzer program per parser of foreign bytes (tests/fuzz/targets), with what it parses with compiled by
# clang under AddressSanitizer and UBSan. No libtorch, no commands: what a parser does not need is not compiled.
if(NOT CMAKE_CXX_COMPILER_ID MATCHES Clang)
  message(FATAL_ERROR "MLCTL_FUZZ needs clang: -DCMAKE_CXX_COMPILER=clang++-16, as `make fuzz` has it")
endif()

# Line tables only, and no optimisation past -O1 (none in a Debug build): compiling takes longer than running. The checks left
# out cost a quarter of that and have nothing to find in parsers of bytes.
set(CMAKE_CXX_FLAGS_RELEASE "-O1")
set(CMAKE_CXX_FLAGS_DEBUG "-O0")
add_compile_options(-gline-tables-only -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined
  -fno-sanitize=vptr,alignment,object-size,null,function -fno-sanitize-recover=all)
add_link_options(-fsanitize=address,undefined -fuse-ld=mold -Wl,--gc-sections)

# The rooms that parse, whole; of the others what the targets call.
file(GLOB fuzz_sources CONFIGURE_DEPENDS src/core/base/*.cpp src/core/model/*.cpp src/core/net/*.cpp
  src/core/sys/*.cpp src/core/tensor/*.cpp src/core/text/*.cpp)
foreach(files IN ITEMS
    "cloud/credentials: alibaba_files answers asking aws_files aws_sts google_token ini process"
    "cloud/sign: request sigv4"
    "cloud/store: facts xml"
    "cloud/http: connection exchange tls"
    "cmd/shell: io output"
    "core/data: cells dataset dataset_parts reject samples shards split_rule stats tar validate_dataset"
    "core/endpoint: endpoint_json endpoints"
    "core/engine: network network_json parameters"
    "core/eval: evaluations"
    "core/features: encode pixels tokens"
    "core/http: request_reader"
    "core/image: decode image_stats jpeg_codec png_codec resize webp_codec"
    "core/ingest: blocks column_names image_archive image_files image_idx image_names labelled_files open_images remote_images
      remote_text rows source_watch text_file"
    "core/manifest: manifest overrides schema validate"
    "core/monitor: drift prometheus report stats"
    "core/output: checked_file file_entry journal seals whole"
    "core/pipeline: state"
    "core/run: record"
    "core/serve: examples features protocol wire_tensor"
    "core/store: location")
  string(REGEX REPLACE "[: \n]+" ";" files "${files}")
  list(POP_FRONT files room)
  list(TRANSFORM files PREPEND src/${room}/)
  list(TRANSFORM files APPEND .cpp)
  list(APPEND fuzz_sources ${files})
endforeach()

add_library(mlctl_core STATIC ${fuzz_sources})
target_include_directories(mlctl_core PUBLIC src tests)
target_link_libraries(mlctl_core PUBLIC mlctl_static_libraries)
include(cmake/Version.cmake)
include(cmake/Schemas.cmake)

# Nearly every file includes these: read once. ccache keeps what was made with them if it is told that it may.
set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CMAKE_CXX_COMPILER_LAUNCHER})
target_precompile_headers(mlctl_core PRIVATE <nlohmann/json.hpp> <filesystem> <functional> <map> <string> <vector>)
target_compile_options(mlctl_core PRIVATE -Xclang -fno-pch-timestamp)

file(GLOB fuzz_targets CONFIGURE_DEPENDS tests/fuzz/targets/*.cpp)
foreach(source IN LISTS fuzz_targets)
  get_filename_component(target ${source} NAME_WE)
  add_executable(fuzz_${target} ${source})
  set_target_properties(fuzz_${target} PROPERTIES OUTPUT_NAME ${target} RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/targets
    POSITION_INDEPENDENT_CODE OFF)  # else -fPIE, which the library's precompiled header is not for
  target_precompile_headers(fuzz_${target} REUSE_FROM mlctl_core)
  target_compile_options(fuzz_${target} PRIVATE -fPIC -Xclang -fno-pch-timestamp)
  target_link_libraries(fuzz_${target} PRIVATE mlctl_core)
  target_link_options(fuzz_${target} PRIVATE -fsanitize=fuzzer)
endforeach()
