#include "handlers/digest.hpp"
#include "handlers/files/aws_signature.hpp"

#include <catch2/catch.hpp>

#include "job_types/text_codec.hpp"

using namespace callboard;

namespace {

// The worked examples of "Signature Calculations for the Authorization Header" in the S3 API reference.
const aws_credentials example{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1"};

} // namespace

TEST_CASE("the signatures are those of Amazon's examples") {
  aws_request get{"GET",
                  "examplebucket.s3.amazonaws.com",
                  "/test.txt",
                  {{"Range", "bytes=0-9"}},
                  to_hex(sha256_of("")),
                  "20130524T000000Z"};
  CHECK(aws_authorization(get, example) ==
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");

  aws_request put{"PUT",
                  "examplebucket.s3.amazonaws.com",
                  "/" + aws_encode_path("test$file.text"),
                  {{"Date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                  to_hex(sha256_of("Welcome to Amazon S3.")),
                  "20130524T000000Z"};
  CHECK_THAT(aws_authorization(put, example),
             Catch::EndsWith("Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
  put.headers.back().second = "STANDARD";
  CHECK_THAT(aws_authorization(put, example),
             !Catch::EndsWith("Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
}

TEST_CASE("keys are encoded for URLs") {
  CHECK(aws_encode_path("a/b-._~Z9") == "a/b-._~Z9");
  CHECK(aws_encode_path("\xC3\xA4 +$?#") == "%C3%A4%20%2B%24%3F%23");
}
