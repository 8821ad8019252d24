#include "cloud/store/shown.h"

#include <algorithm>
#include <memory>

namespace mlctl {

Result<> show_bytes(uint64_t size, const TakeBytes& progress) {
  static const std::string kBlank(size_t{1} << 16, '\0');
  for (uint64_t at = 0; at < size; at += kBlank.size())
    TRY(progress(std::string_view(kBlank).substr(0, std::min<uint64_t>(kBlank.size(), size - at))));
  return {};
}

ReadBytes shown_once(ReadBytes read, TakeBytes progress) {
  const auto shown = std::make_shared<uint64_t>(0);
  return [read = std::move(read), progress = std::move(progress), shown](const TakeBytes& take) {
    uint64_t at = 0;
    return read([&](std::string_view bytes) -> Result<> {
      TRY(take(bytes));
      at += bytes.size();
      if (at <= *shown) return {};
      const uint64_t fresh = std::min<uint64_t>(at - *shown, bytes.size());
      *shown = at;
      return progress(bytes.substr(bytes.size() - fresh));
    });
  };
}

}  // namespace mlctl
