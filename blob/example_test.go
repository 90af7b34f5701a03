package blob_test

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/driver"
	_ "github.com/outcore/outcore/blob/memblob"
	"github.com/outcore/outcore/errs"
)

func ExampleBucket() {
	ctx := context.Background()
	b, err := blob.Open(ctx, "mem://example") // or a directory, or s3://bucket/prefix
	if err != nil {
		panic(err)
	}
	defer b.Close()
	v1, err := b.Put(ctx, "refs/main", strings.NewReader("one"), 3, blob.PutOptions{IfAbsent: true})
	if err != nil {
		panic(err)
	}
	if _, err := b.Put(ctx, "refs/main", strings.NewReader("two"), 3, blob.PutOptions{IfVersion: v1.Version}); err != nil {
		panic(err)
	}
	_, err = b.Put(ctx, "refs/main", strings.NewReader("late"), 4, blob.PutOptions{IfVersion: v1.Version})
	fmt.Println(errors.Is(err, errs.Conflict))
	p, _, err := b.ReadAll(ctx, "refs/main", 1<<20)
	fmt.Println(string(p), err)
	// Output:
	// true
	// two <nil>
}

func ExampleParseAddress() {
	a, err := blob.ParseAddress("s3://bucket/repo@main#/group/array")
	fmt.Println(a.Bucket, a.Path, a.Ref, a.Node, err)
	// Output: bucket repo main /group/array <nil>
}

func TestOpenRefuses(t *testing.T) {
	ctx := context.Background()
	for addr, kind := range map[string]errs.Kind{
		"mem://x@main#/a": errs.Invalid,
		"mem://x#/a":      errs.Invalid,
		"gs://bucket":     errs.Unsupported,
		"model://m":       errs.Unsupported,
		"":                errs.Invalid,
	} {
		if _, err := blob.Open(ctx, addr); !errors.Is(err, kind) {
			t.Errorf("%q: got %v, want an error of kind %q", addr, err, kind)
		}
	}
}

// Who only opens files must not pay for a cloud.
func TestBlobPullsInNoCloud(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".", "./fileblob", "./memblob", "./faultblob").Output()
	if err != nil {
		t.Skipf("NOT TESTED: no go command: %v", err)
	}
	for dep := range strings.FieldsSeq(string(out)) {
		if strings.HasPrefix(dep, "github.com/") && !strings.HasPrefix(dep, "github.com/outcore/") || dep == "net/http" {
			t.Errorf("blob depends on %s", dep)
		}
	}
}

func FuzzCheckKey(f *testing.F) {
	for _, s := range []string{"a/b", "", "..", "a//b", "\\", ".outcore/tmp/x", "a/.", "é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if driver.CheckKey(s) != nil {
			return
		}
		if err := driver.CheckPrefix(s); err != nil {
			t.Fatalf("%q is a key but no prefix: %v", s, err)
		}
		if s == "" || s[0] == '/' || strings.ContainsAny(s, "\\\x00\r\n") || strings.Contains("/"+s+"/", "/../") || strings.Contains("/"+s+"/", "/./") || strings.Contains(s, "//") {
			t.Fatalf("%q is taken as a key", s)
		}
	})
}
