#pragma once

namespace mlctl::sys {

// Opens a stand-in for each of stdin, stdout and stderr that is closed. Otherwise the first file opened
// would get its number, and messages would be written into data. Reading stdin and writing stdout still
// fail there.
void open_standard_streams();

// When a library calls abort(), prints a sentence and exits with a documented code: 12 when memory ran out,
// else 1. Exceptions in threads of libraries and in their start-up end this way.
void explain_aborts();

}  // namespace mlctl::sys
