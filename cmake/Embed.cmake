# Files that travel inside the binary: the engine module and the manifest schemas.
set(embedded_engine ${CMAKE_CURRENT_BINARY_DIR}/libmlctl_torch.so)
set(embed_source ${CMAKE_CURRENT_BINARY_DIR}/embedded_engine.S)
file(CONFIGURE OUTPUT ${embed_source} CONTENT [[
.section .rodata
.global mlctl_embedded_engine
.global mlctl_embedded_engine_end
.balign 64
mlctl_embedded_engine:
.incbin "@embedded_engine@"
mlctl_embedded_engine_end:
.section .note.GNU-stack,"",@progbits
]] @ONLY)
# Without OBJECT_DEPENDS the copy inside the binary would go stale; the assembler does not tell what it read.
set_source_files_properties(${embed_source} PROPERTIES OBJECT_DEPENDS ${embedded_engine})
add_library(mlctl_embedded_engine OBJECT ${embed_source})
add_dependencies(mlctl_embedded_engine mlctl_engine_module)
add_library(mlctl_embedded INTERFACE)
target_sources(mlctl_embedded INTERFACE $<TARGET_OBJECTS:mlctl_embedded_engine>)
