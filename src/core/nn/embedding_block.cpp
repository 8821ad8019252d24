// The first layers that look ids up in tables. A gradient table is all zeros but for the rows of one batch,
// so only those are written and, in the next pass, zeroed again.

#include <algorithm>
#include <string>

#include "core/nn/block.h"

namespace mlctl::engine {
namespace {

SparseTable find_table(const Layout& layout, const std::string& name) {
  const Slot& slot = layout.at(name);
  return {slot.offset, slot.parameter.shape[1], std::vector<uint8_t>(size_t(slot.parameter.shape[0]))};
}

const float* row_of(const SparseTable& table, const float* values, int64_t id) {
  return values + table.begin + id * table.width;
}

class EmbeddingBlock : public Block {
 public:
  using Block::Block;

  void backward(const Pass& pass, const float*, const float*, float* output_gradient, float*) final {
    for (const auto& [from, count] : written_) std::fill_n(pass.gradients + from, count, 0.0f);
    written_.clear();
    scatter(pass, output_gradient);
  }

 protected:
  virtual void scatter(const Pass& pass, const float* output_gradient) = 0;

  // gradient row += gradient · scale
  void add(const Pass& pass, SparseTable& table, int64_t id, const float* gradient, float scale) {
    const int64_t from = table.begin + id * table.width;
    table.named[size_t(id)] = 1;
    float* row = pass.gradients + from;
    for (int64_t i = 0; i < table.width; ++i) row[i] += gradient[i] * scale;
    written_.emplace_back(from, table.width);
  }

  void add_one(const Pass& pass, SparseTable& table, int64_t id, float gradient) {
    table.named[size_t(id)] = 1;
    pass.gradients[table.begin + id] += gradient;
    written_.emplace_back(table.begin + id, 1);
  }

 private:
  std::vector<std::pair<int64_t, int64_t>> written_;
};

// Numbers, then one embedding per column of codes: table_input and rating_input.
class ColumnsBlock final : public EmbeddingBlock {
 public:
  ColumnsBlock(int64_t numeric, std::vector<SparseTable> tables, int64_t width)
      : EmbeddingBlock({{width}, 0}), numeric_(numeric), tables_(std::move(tables)) {}

  std::vector<SparseTable*> tables() override {
    std::vector<SparseTable*> all;
    for (SparseTable& table : tables_) all.push_back(&table);
    return all;
  }

  void forward(const Pass& pass, const float* input, float* output) override {
    const int32_t* code = pass.batch->codes.data();
    for (int64_t row = 0; row < pass.batch->size; ++row) {
      output = std::copy_n(input + row * numeric_, numeric_, output);
      for (const SparseTable& table : tables_)
        output = std::copy_n(row_of(table, pass.values, *code++), table.width, output);
    }
  }

 private:
  void scatter(const Pass& pass, const float* output_gradient) override {
    const int32_t* code = pass.batch->codes.data();
    for (int64_t row = 0; row < pass.batch->size; ++row) {
      output_gradient += numeric_;
      for (SparseTable& table : tables_) {
        add(pass, table, *code++, output_gradient, 1.0f);
        output_gradient += table.width;
      }
    }
  }

  int64_t numeric_;
  std::vector<SparseTable> tables_;
};

// The mean of each text's token embeddings; an empty text is zeros.
class MeanBlock final : public EmbeddingBlock {
 public:
  explicit MeanBlock(SparseTable table) : EmbeddingBlock({{table.width}, 0}), table_(std::move(table)) {}

  std::vector<SparseTable*> tables() override { return {&table_}; }

  void forward(const Pass& pass, const float*, float* output) override {
    for (int64_t row = 0; row < pass.batch->size; ++row, output += table_.width) {
      std::fill_n(output, table_.width, 0.0f);
      const auto tokens = tokens_of(*pass.batch, row);
      for (const int32_t token : tokens) {
        const float* embedding = row_of(table_, pass.values, token);
        for (int64_t i = 0; i < table_.width; ++i) output[i] += embedding[i];
      }
      const float count = static_cast<float>(std::max<size_t>(tokens.size(), 1));
      for (int64_t i = 0; i < table_.width; ++i) output[i] /= count;
    }
  }

 private:
  static std::span<const int32_t> tokens_of(const Batch& batch, int64_t row) {
    const auto begin = static_cast<size_t>(batch.offsets[size_t(row)]);
    const auto end =
        row + 1 < batch.size ? static_cast<size_t>(batch.offsets[size_t(row) + 1]) : batch.tokens.size();
    return batch.tokens.subspan(begin, end - begin);
  }

  void scatter(const Pass& pass, const float* output_gradient) override {
    for (int64_t row = 0; row < pass.batch->size; ++row, output_gradient += table_.width) {
      const auto tokens = tokens_of(*pass.batch, row);
      const float share = 1.0f / static_cast<float>(std::max<size_t>(tokens.size(), 1));
      for (const int32_t token : tokens) add(pass, table_, token, output_gradient, share);
    }
  }

  SparseTable table_;
};

// mean + bias of the user + bias of the item + ⟨user, item⟩
class FactorizationBlock final : public EmbeddingBlock {
 public:
  FactorizationBlock(const Layout& layout, const std::string& name, double mean)
      : EmbeddingBlock({{1}, 0}),
        user_bias_(find_table(layout, name + "user_bias.weight")),
        item_bias_(find_table(layout, name + "item_bias.weight")),
        users_(find_table(layout, name + "users.weight")),
        items_(find_table(layout, name + "items.weight")),
        mean_(static_cast<float>(mean)) {}

  std::vector<SparseTable*> tables() override { return {&user_bias_, &item_bias_, &users_, &items_}; }

  void forward(const Pass& pass, const float*, float* output) override {
    for (int64_t row = 0; row < pass.batch->size; ++row) {
      const auto [user, item] = pair_of(pass, row);
      const float* p = row_of(users_, pass.values, user);
      const float* q = row_of(items_, pass.values, item);
      float product = 0;
      for (int64_t i = 0; i < users_.width; ++i) product += p[i] * q[i];
      output[row] =
          product + *row_of(user_bias_, pass.values, user) + *row_of(item_bias_, pass.values, item) + mean_;
    }
  }

 private:
  static std::pair<int64_t, int64_t> pair_of(const Pass& pass, int64_t row) {
    return {pass.batch->codes[size_t(2 * row)], pass.batch->codes[size_t(2 * row) + 1]};
  }

  void scatter(const Pass& pass, const float* output_gradient) override {
    for (int64_t row = 0; row < pass.batch->size; ++row) {
      const auto [user, item] = pair_of(pass, row);
      const float gradient = output_gradient[row];
      add_one(pass, user_bias_, user, gradient);
      add_one(pass, item_bias_, item, gradient);
      add(pass, users_, user, row_of(items_, pass.values, item), gradient);
      add(pass, items_, item, row_of(users_, pass.values, user), gradient);
    }
  }

  SparseTable user_bias_, item_bias_, users_, items_;
  float mean_;
};

}  // namespace

BlockPointer make_embedding_block(const Network& network, const Layout& layout, const std::string& name) {
  const Layer& layer = network.layers[0];
  if (layer.kind == LayerKind::factorization)
    return std::make_unique<FactorizationBlock>(layout, name, network.output_mean);
  if (layer.kind == LayerKind::embedding_mean)
    return std::make_unique<MeanBlock>(find_table(layout, name + "weight"));
  std::vector<std::string> names = {"users.weight", "items.weight"};
  if (layer.kind == LayerKind::table_input) {
    names.clear();
    for (size_t k = 0; k < network.input.cardinalities.size(); ++k)
      names.push_back("embeddings." + std::to_string(k) + ".weight");
  }
  std::vector<SparseTable> tables;
  int64_t width = network.input.numeric;
  for (const std::string& each : names) {
    tables.push_back(find_table(layout, name + each));
    width += tables.back().width;
  }
  return std::make_unique<ColumnsBlock>(network.input.numeric, std::move(tables), width);
}

}  // namespace mlctl::engine
