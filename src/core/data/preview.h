#pragma once
// A look at a dataset's samples: a few, of different classes where there are classes.

#include <string>
#include <vector>

#include "core/data/dataset.h"
#include "core/data/shards.h"
#include "core/image/image.h"

namespace mlctl {

struct SamplePreview {
  std::string key, label;           // label "" where there is none
  std::string text;                 // text datasets
  std::string source;               // images: where ingest found it
  std::vector<std::string> fields;  // tables and ratings, in column order
  Pixels pixels;                    // images
};

Result<std::vector<SamplePreview>> preview(Shards& shards, const Dataset& dataset, const std::string& split,
                                           size_t count);

// Pictures side by side in `columns` × `columns`/2 characters each: half blocks in 24-bit colour, or a ramp
// of ASCII greys.
std::string thumbnails(const std::vector<SamplePreview>& samples, int columns, bool colour);

}  // namespace mlctl
