// Files of rows as ingest opens them, CSV and JSONL, and their rows.

#include "core/ingest/rows.h"

#include "fuzz/fuzz.h"

using namespace mlctl;

FUZZ(input) {
  static const fuzz::ScratchFile csv("rows.csv"), jsonl("rows.jsonl");
  const fuzz::ScratchFile& scratch = fuzz::choose(input, 2) == 0 ? csv : jsonl;
  scratch.write(input);
  const auto file = open_text_file(scratch.path(), "rows");
  if (!file || file->header.size() > 1000) return;
  const auto blocks = text_blocks({*file}, 4096);
  for (;;) {
    const auto block = blocks->next();
    if (!block || !*block) return;
    RowReader rows(*file, file->header, **block);
    while (rows.next())
      fuzz::claim(rows.problem() || rows.fields().size() == file->header.size(),
                  "a row has a field for each column");
  }
}
