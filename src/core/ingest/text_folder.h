#pragma once
// Folders of .txt files by label, read as if they were lines of JSON.

#include "core/ingest/labelled_files.h"
#include "core/ingest/table_plan.h"

namespace mlctl {

// .txt, .text, .md: a file that is one text.
bool is_text_name(const std::filesystem::path& path);
// A folder whose files are mostly .txt.
bool is_text_folder(const std::filesystem::path& source, SourceWatch& watch);

Result<TablePlan> plan_text_folder(const IngestWork& work, TablePlan plan);

std::unique_ptr<BlockSource> folder_blocks(const TablePlan& plan);

}  // namespace mlctl
