#pragma once
// What a manifest means as a command line.

#include <string>
#include <vector>

#include "core/manifest/manifest.h"

namespace mlctl {

// "train", "deploy", …: the command of a kind; "" for Config, which is written, not run.
std::string command_of(const std::string& kind);

// {"train", "-f", FILE, …} for commands that read the manifest themselves, else its keys as their flags.
// `sets` are passed on to the former; the latter have them in the spec.
Result<std::vector<std::string>> command_line(const Manifest& manifest, const std::string& file,
                                              const std::vector<std::string>& sets);

// A path of the spec that names what the command reads or leaves.
struct ManifestPath {
  std::string key;  // the command's flag or argument that overrides it: "to"
  std::string path;
  bool output = false;
};
std::vector<ManifestPath> paths_of(const Manifest& manifest);

}  // namespace mlctl
