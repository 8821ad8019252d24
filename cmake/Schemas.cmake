# The manifest schemas travel inside the binary as text: manifests/schema is their only source.
file(GLOB schema_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/manifests/schema/*.schema.json)
set(schema_entries "")
foreach(schema_file IN LISTS schema_files)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${schema_file})
  get_filename_component(schema_name ${schema_file} NAME_WE)
  file(READ ${schema_file} schema_text)
  string(APPEND schema_entries "    {\"${schema_name}\", R\"schema(${schema_text})schema\"},\n")
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/schema_texts.cpp @ONLY CONTENT [[
// Generated from manifests/schema by cmake/Schemas.cmake.
#include "core/manifest/schema.h"

namespace mlctl {

std::span<const SchemaText> schema_texts() {
  static constexpr SchemaText texts[] = {
@schema_entries@  };
  return texts;
}

}  // namespace mlctl
]])
target_sources(mlctl_core PRIVATE ${CMAKE_BINARY_DIR}/generated/schema_texts.cpp)
