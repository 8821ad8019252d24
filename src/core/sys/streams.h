#pragma once

namespace mlctl::sys {

// Puts something where stdin, stdout or stderr is closed, before the first file is opened: it would get that
// number, and messages would be written into data. Reading stdin and writing stdout fail there as before.
void open_standard_streams();

// What a library ends with abort() ends with a sentence and a documented code: 12 where there is no memory
// left, else 1. Exceptions in threads of libraries and in their start-up come this way.
void explain_aborts();

}  // namespace mlctl::sys
