// What stores answer in XML.

#include "cloud/store/xml.h"

#include "fuzz/fuzz.h"

using namespace mlctl;

FUZZ(input) {
  (void)parse_store_error(input);
  (void)parse_uploads(input);
  (void)parse_upload_id(input);
  (void)parse_finished(input);
  (void)parse_buckets(input);
  (void)parse_versions(input);
  (void)parse_tags(input);
  (void)parse_deletes(input);
  if (const auto page = parse_list(input)) {
    std::vector<std::string> keys;
    for (const ObjectInfo& object : page->objects)
      if (fits_xml(object.key)) keys.push_back(object.key);
    (void)delete_document(keys);
  }
  if (const auto page = parse_parts(input)) (void)complete_document(page->parts, "ChecksumCRC64NVME");
}
