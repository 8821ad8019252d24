#include "core/ingest/column_names.h"

#include "core/base/strings.h"

namespace mlctl {

const Names kLabelNames = {"label", "target", "class", "y"};
const Names kTextNames = {"text", "content", "sentence", "review", "body", "message"};
const Names kUserNames = {"user", "user_id", "userid", "uid", "customer", "customer_id"};
const Names kItemNames = {"item",    "item_id", "itemid",     "iid",     "movie", "movie_id",
                          "movieid", "product", "product_id", "book_id", "isbn"};
const Names kRatingNames = {"rating", "score", "stars"};
const Names kTimeNames = {"timestamp", "time", "date", "ts"};

int find_column(const Names& header, const Names& names) {
  for (const std::string& name : names) {
    for (size_t i = 0; i < header.size(); ++i) {
      if (to_lower(header[i]) == name) return static_cast<int>(i);
    }
  }
  return -1;
}

}  // namespace mlctl
