#pragma once
// Folders of .txt files by label, read as if they were lines of JSON.

#include "core/data/labelled_files.h"
#include "core/data/table_plan.h"

namespace mlctl {

// .txt, .text, .md: a file that is one text.
bool is_text_name(const std::filesystem::path& path);
bool is_text_folder(const std::filesystem::path& source);  // a folder whose files are mostly .txt

Result<TablePlan> plan_text_folder(const std::vector<IngestSource>& sources, const std::string& label,
                                   TablePlan plan, const IngestHost& host);

std::unique_ptr<BlockSource> folder_blocks(const std::vector<TextItem>& items);

}  // namespace mlctl
