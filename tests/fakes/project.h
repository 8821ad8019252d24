#pragma once
// A project folder with a little of everything, made without an engine: datasets, a model with evaluations,
// and the run records that link them. The working folder while it lives.

#include <filesystem>
#include <string>
#include <vector>

#include "core/run/record.h"
#include "fakes/fake_clock.h"
#include "fakes/temp_folder.h"
#include "fakes/test_app.h"

namespace mlctl::test {

class Project {
 public:
  Project();
  ~Project();
  Project(const Project&) = delete;
  Project& operator=(const Project&) = delete;

  // mlctl ARGUMENTS here, with state, cache and configuration inside the folder.
  Outcome mlctl(const std::vector<std::string>& arguments, bool terminal = false, std::string input = {});

  void write_table(const std::string& folder);  // 6 rows, classes high and low
  void write_texts(const std::string& folder);  // 4 texts
  void write_model(const std::string& folder, const std::string& dataset_folder, double accuracy);
  // A finished run with this input and output, by their digests.
  RunRecord add_run(const std::string& command, const std::string& input, const std::string& output,
                    nlohmann::ordered_json parameters, nlohmann::ordered_json metrics);
  // ingest risk.csv → data/risk; clean → data/clean; train → models/risk, evaluated
  void fill();

  FakeClock clock;
  sys::Env env;
  const std::filesystem::path& path() const { return folder_.path(); }
  RunLog log() { return {path() / ".mlctl", clock}; }

 private:
  std::string digest_of(const std::string& path);

  TempFolder folder_;
  std::filesystem::path before_;
};

}  // namespace mlctl::test
