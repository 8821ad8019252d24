# Files that travel inside the binary: the engine module and the manifest schemas.
add_library(mlctl_embedded INTERFACE)
