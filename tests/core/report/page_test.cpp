#include "core/report/page.h"

#include <doctest/doctest.h>

#include "core/base/base64.h"

using namespace mlctl;

TEST_CASE("markup and bytes that are not UTF-8 cannot leave their place") {
  CHECK(report::escape("<b a=\"1\" c='2'>&</b>") == "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;&lt;/b&gt;");
  CHECK(report::escape("兔子 é") == "兔子 é");
  CHECK(report::escape("a\xFF"
                       "b\x01") ==
        "a\xEF\xBF\xBD"
        "b\xEF\xBF\xBD");
  CHECK(report::escape("cut \xE5\x85") == "cut \xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("base64 has the vectors of RFC 4648") {
  const std::pair<const char*, const char*> vectors[] = {
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) CHECK(base64_encode(bytes) == text);
  CHECK(base64_encode(std::string_view("\xFF\xFE\x00", 3)) == "//4A");
}

TEST_CASE("a page escapes its title and text and keeps the blocks in order") {
  report::Page page("a < b", "R&D");
  page.lead(report::tiles({{"accuracy", "0.91", "10,000 samples", report::Tone::good}}));
  page.section("One", "first", report::paragraph("x > y"));
  page.section("Two", "", report::table({{"class", "n"}, {{"cat", {"3", 0.5}}}, 1}));
  const std::string html = page.html();
  CHECK(html.find("<title>a &lt; b</title>") != std::string::npos);
  CHECK(html.find("R&amp;D") != std::string::npos);
  CHECK(html.find("x &gt; y") < html.find("<h2>Two</h2>"));
  CHECK(html.find("width:50.0%") != std::string::npos);
  CHECK(html.find("<script") == std::string::npos);
}

TEST_CASE("a gallery carries its pictures inside the file") {
  const std::string html = report::gallery({{"image/png", "foo", "cat \"tom\""}});
  CHECK(html.find("src=\"data:image/png;base64,Zm9v\"") != std::string::npos);
  CHECK(html.find("cat &quot;tom&quot;") != std::string::npos);
}
