#pragma once
// A model package: a folder of model.json + weights.safetensors. model.json says everything needed to use the
// weights: the network, how a raw example becomes its input, what the outputs mean, how good it was, and
// where it came from.

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/result.h"
#include "core/data/dataset.h"
#include "core/engine/network.h"
#include "core/model/preprocess.h"
#include "core/sys/folder.h"
#include "core/tensor/tensor.h"

namespace mlctl {

enum class Task { classification, regression, recommendation };
const char* name(Task task);
Result<Task> task_from_name(const std::string& text);

struct Model {
  Task task = Task::classification;
  Network network;
  Preprocess preprocess;
  std::vector<std::string> classes;
  // Of the validation split at the saved epoch: {"accuracy": 0.91, "loss": …}.
  nlohmann::ordered_json metrics;
  nlohmann::ordered_json training;       // the effective Train spec: optimizer, epochs, seed, …
  std::vector<FeatureStats> statistics;  // of the training split (drift)
  nlohmann::ordered_json lineage;        // {command, dataset digest, parameters}
  std::vector<FileEntry> files;          // weights.safetensors, with its SHA-256
};

nlohmann::ordered_json to_json(const Model& model);
// Decoded and checked as a whole (validate below): anything wrong → 10 with the key.
Result<Model> model_from_json(const nlohmann::ordered_json& document, const std::string& where);
// Checks what the types can't express: the network computes, and the task, the classes, the preprocessing
// and the files agree with it, so later code need not check again. The message begins with the key:
// "preprocess.text.buckets: …".
Result<> validate(const Model& model);

// A model ready for use: its weights are the very bytes that were compared with what model.json lists, and
// the tensors have the network's names, types and shapes.
struct Package {
  Model model;
  Digest digest;  // of model.json as it was read: the model's identity in lineage, evaluations and endpoints
  TensorMap weights;
};

// Reads FOLDER/model.json, compares the files and takes the weights (→ 10). No model.json → 5.
Result<Package> open_package(const std::filesystem::path& folder);
// The same without keeping the weights, which are only compared.
Result<Model> open_model(const std::filesystem::path& folder);
// Writes weights.safetensors, then model.json (the commit mark).
Result<> write_model(const sys::PathAt& folder, Model model, const TensorMap& weights);
// Only the digest; model.json is not checked.
Result<std::string> model_digest(const std::filesystem::path& folder);

}  // namespace mlctl
