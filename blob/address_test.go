package blob

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outcore/outcore/errs"
)

func TestParseAddress(t *testing.T) {
	for in, want := range map[string]Address{
		"data/flights.csv":                   {Scheme: "file", Path: "data/flights.csv"},
		"./out":                              {Scheme: "file", Path: "./out"},
		"..":                                 {Scheme: "file", Path: ".."},
		"file:///tmp/a b":                    {Scheme: "file", Path: "/tmp/a b"},
		"/data/2013-*.csv.gz":                {Scheme: "file", Path: "/data/2013-*.csv.gz"},
		"me@home.csv":                        {Scheme: "file", Path: "me@home.csv"},
		"100%25.csv":                         {Scheme: "file", Path: "100%25.csv"},
		"c%23/x%2523.csv":                    {Scheme: "file", Path: "c#/x%23.csv"},
		"repo#/group/array":                  {Scheme: "file", Path: "repo", Node: "/group/array"},
		"repo#":                              {Scheme: "file", Path: "repo", Node: "/"},
		"repo@main#/a":                       {Scheme: "file", Path: "repo", Ref: "main", Node: "/a"},
		"a@b@v1#/a@c":                        {Scheme: "file", Path: "a@b", Ref: "v1", Node: "/a@c"},
		"a%40b#/n%23":                        {Scheme: "file", Path: "a@b", Node: "/n#"},
		"s3://bucket":                        {Scheme: "s3", Bucket: "bucket"},
		"s3://bucket/":                       {Scheme: "s3", Bucket: "bucket"},
		"S3://bucket/a/b*.parquet":           {Scheme: "s3", Bucket: "bucket", Path: "a/b*.parquet"},
		"s3://bucket@feature/x#/a":           {Scheme: "s3", Bucket: "bucket", Ref: "feature/x", Node: "/a"},
		"gs://my.bucket/p/q@tag#/group":      {Scheme: "gs", Bucket: "my.bucket", Path: "p/q", Ref: "tag", Node: "/group"},
		"az://container/prefix":              {Scheme: "az", Bucket: "container", Path: "prefix"},
		"mem://":                             {Scheme: "mem"},
		"mem://name/x":                       {Scheme: "mem", Bucket: "name", Path: "x"},
		"model://team/flights@production":    {Scheme: "model", Path: "team/flights", Ref: "production"},
		"model://flights":                    {Scheme: "model", Path: "flights"},
		"run://3f9a":                         {Scheme: "run", Path: "3f9a"},
		"s3://bucket/what?.csv":              {Scheme: "s3", Bucket: "bucket", Path: "what?.csv"},
		"s3://bucket/year=2013/month=7/x@y":  {Scheme: "s3", Bucket: "bucket", Path: "year=2013/month=7/x@y"},
		"hdfs:/no/double/slash is a path":    {Scheme: "file", Path: "hdfs:/no/double/slash is a path"},
		"repo@0123456789ABCDEF#/deep/er/x.y": {Scheme: "file", Path: "repo", Ref: "0123456789ABCDEF", Node: "/deep/er/x.y"},
	} {
		got, err := ParseAddress(in)
		if err != nil {
			t.Errorf("%q: %v", in, err)
			continue
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%q: %s", in, d)
		}
		again, err := ParseAddress(got.String())
		if err != nil || again != got {
			t.Errorf("%q prints as %q, which reads as %+v, %v", in, got, again, err)
		}
	}
}

func TestParseAddressRefuses(t *testing.T) {
	for in, why := range map[string]string{
		"":                                     "empty",
		`C:\data\x.csv`:                        "backslash",
		`\\server\share`:                       "backslash",
		"C:/data/x.csv":                        "Windows",
		"c:":                                   "Windows",
		"a\x00b":                               "control",
		"a\nb":                                 "control",
		"\xff":                                 "UTF-8",
		"http://x/y.csv":                       "download",
		"s4://bucket":                          `did you mean "s3"`,
		"data#1.csv":                           "%23",
		"repo@#/x":                             "between @ and #",
		"#/x":                                  "names no place",
		"s3://":                                "bucket name",
		"s3:///x":                              "bucket name",
		"s3://a b/x":                           "bucket name",
		"s3://bucket/a/../b":                   "..",
		"file://host/x":                        "host",
		"model://":                             "names no place",
		"model://x@":                           "behind @",
		"s3://KEY:sesame@bucket/x":             "profile",
		"s3://sesame@bucket/x":                 "profile",
		"s3://KEY:sesame@bucket/x#/a":          "profile",
		"s3://localhost:9000/bucket":           "profile",
		"s3://bucket/x?X-Amz-Signature=sesame": "profile",
		"gs://bucket/x?a=1&token=sesame":       "profile",
		"https://KEY:sesame@host/x":            "download",
	} {
		a, err := ParseAddress(in)
		if err == nil {
			t.Errorf("%q is taken as %+v", in, a)
			continue
		}
		if !errors.Is(err, errs.Invalid) && !errors.Is(err, errs.Unsupported) || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v, want it to say %q", in, err, why)
		}
		if strings.Contains(err.Error(), "sesame") {
			t.Errorf("the error repeats the secret: %v", err)
		}
	}
}

func TestAddressSplit(t *testing.T) {
	for in, want := range map[string][2]string{
		"x.csv":               {".", "x.csv"},
		"a/x.csv":             {"a", "x.csv"},
		"/x.csv":              {"/", "x.csv"},
		"a/b*/c/x.csv":        {"a", "b*/c/x.csv"},
		"a/":                  {"a", ""},
		"*.csv":               {".", "*.csv"},
		"s3://bucket/a/x.csv": {"s3://bucket/a", "x.csv"},
		"s3://bucket/x.csv":   {"s3://bucket", "x.csv"},
		"s3://bucket":         {"s3://bucket", ""},
	} {
		a, err := ParseAddress(in)
		if err != nil {
			t.Fatal(err)
		}
		if dir, rest := a.Split(); dir.String() != want[0] || rest != want[1] {
			t.Errorf("%q splits to %q, %q; want %q", in, dir, rest, want)
		}
	}
	a, err := ParseAddress("s3://bucket")
	if err != nil {
		t.Fatal(err)
	}
	if s := a.Join("x").Join("y/z").String(); s != "s3://bucket/x/y/z" {
		t.Errorf("joined: %s", s)
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"a/b", "s3://b/p@r#/n", "model://n@a", "a%23b%2523%40#/x", "mem://", "file:///x", "run://1", "x@y@z#/@", "%2540@%25%40#"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAddress(s)
		if err != nil {
			return
		}
		again, err := ParseAddress(a.String())
		if err != nil || again != a {
			t.Fatalf("%q is %+v, prints as %q, which reads as %+v, %v", s, a, a, again, err)
		}
		if strings.ContainsAny(a.Path+a.Node+a.Ref+a.Bucket, "\\\x00\n") || a.Node != "" && a.Node[0] != '/' {
			t.Fatalf("%q gives the junk %+v", s, a)
		}
	})
}
