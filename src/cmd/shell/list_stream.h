#pragma once
// A List that is printed page by page as it arrives: stores hold millions of objects.

#include <string>
#include <vector>

#include "cmd/shell/output.h"

namespace mlctl {

class ListStream {
 public:
  ListStream(Context& context, std::vector<std::string> header);
  // `name` is what -o name prints, `row` a line of the table. Fails when earlier pages could not be
  // written.
  Result<> add(Json item, const std::string& name, std::vector<std::string> row);
  size_t count() const { return count_; }
  Result<> finish();  // the same bytes as print() of the whole List

 private:
  enum class Form { table, json, names, whole };  // whole: YAML and jsonpath need all items at once
  void print_page();

  Context& context_;
  Form form_;
  Table page_;
  std::vector<size_t> widths_;
  Json items_ = Json::array();
  std::string text_;
  size_t count_ = 0;
};

}  // namespace mlctl
