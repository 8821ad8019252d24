// Addresses: of endpoints and of objects in stores.

#include "core/net/http.h"
#include "core/store/location.h"
#include "fuzz/fuzz.h"

using namespace mlctl;

FUZZ(input) {
  const std::string text(input);
  (void)percent_decode(text);
  (void)parse_location(text);
  const auto url = parse_url(text);
  if (!url) return;
  fuzz::claim(url->target.starts_with('/') && url->target.find_first_of("\r\n ") == std::string::npos,
              "a target is one word of a request line");
  fuzz::claim(!url->host.empty() && url->host.find_first_of("\r\n /") == std::string::npos,
              "a host is a host");
}
