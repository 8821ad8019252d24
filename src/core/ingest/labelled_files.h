#pragma once
// Files whose place or name tells their label and split.

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/data/split_rule.h"
#include "core/sys/fs.h"

namespace mlctl {

struct LabelledFile {
  std::string name;  // relative to the source: what lineage, rejects and samples show
  std::string label;
  uint64_t size = 0;
  int split = -1;  // the source's own split, an index of kSplitNames
};

enum class LabelBy { dir, filename };

// "cat.12.jpg", "cat_12.jpg", "cat (12).jpg" → "cat"
std::string label_of_file_name(const std::string& name);

// "cats/1.jpg", "train/cats/1.jpg": gives each file its label and split. `strip_wrapper`: one folder around
// everything is not a class (archives). A file in no class folder → 7.
Result<> label_files(std::vector<LabelledFile>& files, LabelBy by, bool strip_wrapper,
                     const std::string& where);

// Classes in the order people count: numbers by value, words by bytes.
std::vector<std::string> class_order(std::vector<std::string> labels);

// The distinct labels, in that order.
std::vector<std::string> labels_of(const std::vector<LabelledFile>& files);

// Sets in `rule` whether the files come split, and whether without validation.
void take_own_split(std::vector<LabelledFile>& files, SplitRule& rule);

}  // namespace mlctl
