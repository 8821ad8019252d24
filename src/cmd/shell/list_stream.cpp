#include "cmd/shell/list_stream.h"

#include "core/base/visible.h"
#include "core/text/json.h"

namespace mlctl {

namespace {

constexpr size_t kPage = 1000;

std::string indented(const Json& item) {
  std::string text = "\n" + json_text(item, 2);
  for (size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1))
    text.insert(at + 1, 4, ' ');
  return text;
}

}  // namespace

ListStream::ListStream(Context& context, std::vector<std::string> header)
    : context_(context), form_(Form::whole), page_{std::move(header), {}} {
  const std::string& format = context.flags.output;
  if (format.empty() || format == "table" || format == "wide") form_ = Form::table;
  if (format == "json") form_ = Form::json;
  if (format == "name") form_ = Form::names;
}

Result<> ListStream::add(Json item, const std::string& name, std::vector<std::string> row) {
  ++count_;
  switch (form_) {
    case Form::table:
      page_.rows.push_back(std::move(row));
      break;
    case Form::json:
      text_ += (count_ > 1 ? "," : "") + indented(item);
      break;
    case Form::names:
      text_ += visible(name) + "\n";
      break;
    case Form::whole:
      items_.push_back(std::move(item));
      break;
  }
  if (count_ % kPage == 0) print_page();
  return context_.io.written();
}

void ListStream::print_page() {
  if (form_ == Form::table) context_.io.out(render_page(page_, context_.flags.output == "wide", widths_));
  page_.rows.clear();
  if (form_ == Form::json && count_ <= kPage) {
    std::string head = dump_json(list_document(Json::array()), 2);
    head.resize(head.rfind(']'));
    context_.io.out_bytes(head);
  }
  context_.io.out_bytes(text_);
  text_.clear();
}

Result<> ListStream::finish() {
  if (form_ == Form::whole) return print(context_, list_document(std::move(items_)), "", {});
  if (count_ % kPage != 0 || count_ == 0) print_page();
  if (form_ == Form::json) context_.io.out_bytes(count_ == 0 ? "]\n}\n" : "\n  ]\n}\n");
  return context_.io.written();
}

}  // namespace mlctl
