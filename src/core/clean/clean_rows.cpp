// Tables, texts and ratings: a pass over train fits the repairs, one over everything finds the statistics of
// what stays, and one writes it.

#include <algorithm>

#include <fmt/format.h>

#include "core/clean/clean_work.h"
#include "core/clean/repair.h"
#include "core/ingest/row_encoder.h"
#include "core/tensor/safetensors.h"

namespace mlctl {

namespace {

// Rows that take part in the quantiles: enough to place a quartile within half a percent.
constexpr double kSampleRows = 50'000;

// What happens to one row, the same in every pass.
class RowCleaner {
 public:
  RowCleaner(const CleanWork& work, RepairPlan plan)
      : work_(work),
        plan_(std::move(plan)),
        masker_(work.request.rules.mask_pii == Masking::redact ? PiiMasker::Style::redact
                                                               : PiiMasker::Style::hash,
                work.request.pii_key),
        identities_(PiiMasker::Style::hash, work.request.pii_key) {}

  // The shard's items: keep(fields, item) for those that stay, as they will be; drop(reject) for the others.
  template <class Keep, class Drop>
  Result<> pass(const Shard& shard, Tally& tally, const Keep& keep, const Drop& drop) const {
    std::vector<std::string> fields;
    std::vector<int64_t> filled(work_.input().columns.size());
    PiiMasker::Counts masked{};
    TRY(work_.for_each_item(shard, [&](uint32_t item, const Sample& sample) -> Result<> {
      const Reason reason = work_.decisions.verdicts[item].reason;
      if (reason != Reason::none) {
        tally.remove(reason, shard.split);
        drop(work_.reject_of(item, sample));
        return {};
      }
      fields.assign(sample.fields.begin(), sample.fields.end());
      const RowVerdict verdict = repair_row(work_.input().columns, plan_, fields, filled);
      if (verdict.reason != Reason::none) {
        tally.remove(verdict.reason, shard.split);
        drop({{}, code(verdict.reason), verdict.detail, shard.split, std::string(sample.key), {}});
        return {};
      }
      mask(fields, masked);
      keep(std::vector<std::string_view>(fields.begin(), fields.end()), item);
      return {};
    }));
    for (size_t c = 0; c < filled.size(); ++c) {
      if (filled[c] > 0) tally.filled[work_.input().columns[c].name] += filled[c];
    }
    tally.mask(masked);
    return {};
  }

  const RepairPlan& plan() const { return plan_; }

 private:
  // Masks personal data. Users and items are replaced by hashes even when everything else is redacted, so
  // that they stay distinct.
  void mask(std::vector<std::string>& fields, PiiMasker::Counts& counts) const {
    if (work_.request.rules.mask_pii == Masking::none) return;
    for (size_t c = 0; c < fields.size(); ++c) {
      const Column& column = work_.input().columns[c];
      if (column.role == Role::label ||
          (column.type != ColumnType::text && column.type != ColumnType::category))
        continue;
      const bool identity = column.role == Role::user || column.role == Role::item;
      (identity ? identities_ : masker_).mask(fields[c], counts);
    }
  }

  const CleanWork& work_;
  RepairPlan plan_;
  PiiMasker masker_, identities_;
};

Result<RepairPlan> fit_repairs(const CleanWork& work, const TrainSample& sampling) {
  const std::vector<Column>& columns = work.input().columns;
  RepairPlan plan(columns.size());
  if (work.input().kind != DatasetKind::table) return plan;
  std::vector<ColumnFit> fits;
  for (const Column& column : columns) fits.emplace_back(column, work.request.rules);
  for (const Shard& shard : work.items.shards()) {
    if (shard.split != kTrain) continue;
    TRY(work.for_each_item(shard, [&](uint32_t item, const Sample& sample) -> Result<> {
      if (work.decisions.verdicts[item].reason != Reason::none) return {};
      const bool sampled = sampling.takes(item);
      for (size_t c = 0; c < fits.size(); ++c) fits[c].add(sample.fields[c], sampled);
      return {};
    }));
    work.host.progress("fit", "rows", shard.first + shard.count, work.items.size());
  }
  for (size_t c = 0; c < columns.size(); ++c) {
    if (fits[c].lacks_constant())
      return fail(unfit_constant(columns[c], work.request.rules.missing_of(columns[c].name)));
    plan[c] = fits[c].repair();
  }
  return plan;
}

// What the encoder needs to know of rows that come from a dataset.
TablePlan plan_of(const Dataset& dataset) {
  TablePlan plan;
  plan.kind = dataset.kind;
  for (const Column& column : dataset.columns) {
    if (column.role == Role::label) plan.label = static_cast<int>(plan.header.size());
    plan.header.push_back(column.name);
    plan.wishes.push_back({column.type, column.role, column.form});
  }
  if (plan.kind == DatasetKind::text) plan.text = 0;
  return plan;
}

std::vector<std::string> constant_columns(const Dataset& input, const RepairPlan& plan) {
  std::vector<std::string> names;
  for (size_t c = 0; c < plan.size(); ++c) {
    if (plan[c].constant) names.push_back(input.columns[c].name);
  }
  return names;
}

// The columns and the statistics, without bins, of the rows that stay.
Result<> settle_columns(const CleanWork& work, const RowCleaner& cleaner, const TrainSample& sampling,
                        const TablePlan& plan, Dataset& output, Tally& tally) {
  std::vector<ColumnScan> scans;
  for (const ColumnWish& wish : plan.wishes) scans.emplace_back(wish);
  int64_t rows = 0;
  for (const Shard& shard : work.items.shards()) {
    const bool train = shard.split == kTrain;
    const auto keep = [&](const std::vector<std::string_view>& fields, uint32_t item) {
      ++rows;
      const bool sampled = sampling.takes(item);
      for (size_t c = 0; c < scans.size(); ++c) {
        if (static_cast<int>(c) == plan.text) {
          scans[c].add_measure(static_cast<double>(text_length(fields[c])), train, sampled);
        } else {
          scans[c].add(fields[c], train, sampled);
        }
      }
    };
    TRY(cleaner.pass(shard, tally, keep, [](const Reject&) {}));
    work.host.progress("measure", "rows", shard.first + shard.count, work.items.size());
  }
  const bool text = work.input().kind == DatasetKind::text;
  for (size_t c = 0; c < scans.size(); ++c) {
    Column column = work.input().columns[c];
    if (work.request.rules.drop_constant && cleaner.plan()[c].constant) continue;
    if (column.role != Role::label && column.type == ColumnType::category)
      column.categories = scans[c].column(column.name, rows).categories;
    if (static_cast<int>(c) == plan.text) {
      output.statistics.push_back(scans[c].measure_stats("length"));
    } else if (!text && column.type != ColumnType::text && column.role != Role::ignored) {
      output.statistics.push_back(scans[c].stats(column));
    }
    output.columns.push_back(std::move(column));
  }
  return {};
}

Result<> write_shard(const CleanWork& work, const RowEncoder& encoder, const RowCleaner& cleaner, size_t at,
                     DatasetWriter& writer) {
  const Shard& shard = work.items.shards()[at];
  const int split = split_index(shard.split);
  ShardPart part;
  Bins bins = encoder.empty_bins();
  Tally recount;  // settle_columns() has counted
  TRY(cleaner.pass(
      shard, recount,
      [&](const std::vector<std::string_view>& fields, uint32_t) {
        encoder.add(fields, shard.split == kTrain, part, bins);
      },
      [&](const Reject& reject) { writer.reject(reject); }));
  if (part.rows > 0) {
    const std::string stem = writer.shard_stem(split), path = stem + "." + encoder.extension();
    TRY(writer.write(path, encoder.head() + part.lines));
    if (encoder.has_cache()) TRY(writer.write(stem + ".safetensors", write_safetensors(encoder.cache(part))));
    writer.add_shard(split, path, part.rows, part.class_counts);
  }
  TRY(work.write_suspects(at, writer));
  return writer.commit(at + 1, bins);
}

}  // namespace

Result<> clean_rows(const CleanWork& work, DatasetWriter* writer, Dataset& output, Tally& tally) {
  const TrainSample sampling(work.input(), kSampleRows);
  const RowCleaner cleaner(work, TRY(fit_repairs(work, sampling)));
  const TablePlan plan = plan_of(work.input());
  TRY(settle_columns(work, cleaner, sampling, plan, output, tally));
  const std::vector<std::string> constant = constant_columns(work.input(), cleaner.plan());
  if (!constant.empty())
    output.lineage[work.request.rules.drop_constant ? "droppedColumns" : "constantColumns"] = constant;
  if (writer == nullptr) return {};
  const RowEncoder encoder(plan, output);
  const std::vector<Shard>& shards = work.items.shards();
  for (size_t at = writer->next().is_null() ? 0 : writer->next().get<size_t>(); at < shards.size(); ++at) {
    TRY(write_shard(work, encoder, cleaner, at, *writer));
    work.host.progress("write", "rows", shards[at].first + shards[at].count, work.items.size());
  }
  fill_bins(output, writer->extras());
  return {};
}

}  // namespace mlctl
