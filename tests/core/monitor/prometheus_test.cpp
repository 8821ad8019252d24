#include "core/monitor/prometheus.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "core/serve/metrics.h"

using namespace mlctl;
using namespace mlctl::monitor;

TEST_CASE("what an endpoint writes is read back by the strict parser") {
  const serve::Cells cells = *serve::Cells::open("", serve::Metrics::kCells);
  serve::Metrics metrics(cells, "odd \"name\"\\\n", "1");
  metrics.request(200, 0.003);
  metrics.request(418, 20);
  const std::vector<double> waits = {0.1, 0.2};
  metrics.batch(3, waits);
  serve::MetricsText text;
  metrics.write(text);
  serve::write_process_metrics(text);
  const auto samples = parse_metrics(text.take(), "metrics");
  REQUIRE(samples);
  CHECK(sum_of(*samples, "mlctl_inference_requests_total") == 2);
  CHECK(sum_of(*samples, "mlctl_inference_requests_total", {{"code", "200"}}) == 1);
  CHECK(sum_of(*samples, "mlctl_inference_requests_total", {{"model", "odd \"name\"\\\n"}}) == 2);
  CHECK(sum_of(*samples, "mlctl_inference_examples_total") == 3);
  CHECK(sum_of(*samples, "process_resident_memory_bytes") > 1e6);
  CHECK(histogram_of(*samples, "mlctl_inference_request_duration_seconds").counts.back() == 2);
  CHECK(histogram_of(*samples, "mlctl_inference_queue_duration_seconds").sum == doctest::Approx(0.3));
  CHECK(std::isnan(sum_of(*samples, "absent")));
}

TEST_CASE("what breaks the format is refused") {
  const std::vector<std::string> broken = {
      "a 1",
      "a\n",
      "1a 1\n",
      "a one\n",
      "a 1 x\n",
      "a{ 1\n",
      "a{b} 1\n",
      "a{b=\"c} 1\n",
      "a{b=\"\\x\"} 1\n",
      "a{b=\"c\" d=\"e\"} 1\n",
      "a{b=\"c\",b=\"d\"} 1\n",
      "a 1\na 2\n",
      "a 1\nb 1\na{c=\"d\"} 2\n",
      "a 1\n# TYPE a counter\n",
      "# TYPE a counter\n# TYPE a counter\n",
      "# TYPE a thing\n",
      "# HELP a x\n# HELP a y\n",
      "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_sum 1\nh_count 1\n",
      "# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n",
      "# TYPE h histogram\n"
      "h_bucket{le=\"2\"} 1\n"
      "h_bucket{le=\"1\"} 1\n"
      "h_bucket{le=\"+Inf\"} 1\n"
      "h_sum 1\n"
      "h_count 1\n",
      "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 2\n",
      "# TYPE h histogram\nh_bucket 1\nh_sum 1\nh_count 1\n",
  };
  for (const std::string& text : broken) {
    INFO(text);
    const auto samples = parse_metrics(text, "m");
    CHECK_FALSE(samples);
    if (!samples) CHECK(samples.error().code == Exit::data);
  }
}

TEST_CASE("quantiles are interpolated within their bucket") {
  const Histogram histogram{{1, 2, 4, INFINITY}, {10, 20, 30, 30}, 0};
  CHECK(quantile(histogram, 0.5) == 1.5);
  CHECK(quantile(histogram, 1.0) == 4);
  CHECK(quantile({{1, INFINITY}, {0, 5}, 0}, 0.99) == 1);
  CHECK(std::isnan(quantile({{1, INFINITY}, {0, 0}, 0}, 0.5)));
}

TEST_CASE("a histogram of one bucket has no quantile, nor has one of nonsense") {
  const char* const texts[] = {
      "h_bucket{le=\"+Inf\"} 5\n",
      "h_bucket{le=\"NaN\"} 5\nh_bucket{le=\"+Inf\"} 5\n",
      "h_bucket{le=\"x\"} 5\nh_bucket{le=\"+Inf\"} 5\n",
      "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 5\nh_sum 1\nh_count 5\n",
      "h_bucket{le=\"1\"} NaN\nh_bucket{le=\"+Inf\"} NaN\n",
      "h_bucket{le=\"1\"} -3\nh_bucket{le=\"+Inf\"} -5\n",
      "h_count 5\n",
  };
  for (const char* text : texts) {
    CAPTURE(text);
    const auto samples = parse_metrics(text, "metrics");
    REQUIRE(samples);
    const Histogram histogram = histogram_of(*samples, "h");
    for (const double q : {0.0, 0.5, 0.99, 1.0}) CHECK(std::isnan(quantile(histogram, q)));
  }
}

TEST_CASE("there are no more samples than can be compared with each other") {
  std::string text;
  for (int i = 0; i < 30000; ++i) text += "m{i=\"" + std::to_string(i) + "\"} 1\n";
  CHECK(parse_metrics(text, "metrics").error().code == Exit::data);
}
