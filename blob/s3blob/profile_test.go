package s3blob

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/outcore/outcore/errs"
)

// cleanEnv hides the accounts of whoever runs the test, and gives two files.
func cleanEnv(t *testing.T, credentials, config string) {
	t.Helper()
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if strings.HasPrefix(name, "AWS_") || strings.HasPrefix(name, "OUTCORE_") {
			t.Setenv(name, "")
		}
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"credentials": credentials, "config": config} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "credentials"))
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(dir, "config"))
}

func TestLoadProfile(t *testing.T) {
	const credentials = `
; a comment
[default]
aws_access_key_id = DEFAULT
aws_secret_access_key=s1
[lab]
aws_access_key_id = LAB
aws_secret_access_key = a=b+c/d==
`
	const config = `
[default]
region = eu-west-1
s3 =
  max_concurrent_requests = 20
[profile  lab]
endpoint_url = http://127.0.0.1:9000
  region = nested-is-not-ours
[profile empty]
endpoint_url = http://127.0.0.1:9000
`
	for _, c := range []struct {
		why      string
		name     string
		env      map[string]string
		endpoint string
		region   string
		key      string
		secret   string
	}{
		{"the default profile, on AWS", "", nil, "https://s3.amazonaws.com", "eu-west-1", "DEFAULT", "s1"},
		{"a profile by name", "lab", nil, "http://127.0.0.1:9000", "us-east-1", "LAB", "a=b+c/d=="},
		{"a profile by variable", "", map[string]string{"OUTCORE_PROFILE": "lab"}, "http://127.0.0.1:9000", "us-east-1", "LAB", "a=b+c/d=="},
		{"keys of the environment", "", map[string]string{"AWS_ACCESS_KEY_ID": "ENV", "AWS_SECRET_ACCESS_KEY": "s2"}, "https://s3.amazonaws.com", "eu-west-1", "ENV", "s2"},
		{"a named profile before keys of the environment", "lab", map[string]string{"AWS_ACCESS_KEY_ID": "ENV"}, "http://127.0.0.1:9000", "us-east-1", "LAB", "a=b+c/d=="},
		{"an endpoint of the environment", "lab", map[string]string{"OUTCORE_S3_ENDPOINT": "https://s3.example.org", "AWS_REGION": "r"}, "https://s3.example.org", "r", "LAB", "a=b+c/d=="},
		{"nobody", "anonymous", nil, "https://s3.amazonaws.com", "", "", ""},
	} {
		t.Run(c.why, func(t *testing.T) {
			cleanEnv(t, credentials, config)
			for k, v := range c.env {
				t.Setenv(k, v)
			}
			p, err := LoadProfile(c.name)
			if err != nil {
				t.Fatal(err)
			}
			v, err := p.Creds.GetWithContext(nil)
			if err != nil {
				t.Fatal(err)
			}
			if p.Endpoint.String() != c.endpoint || p.Region != c.region || v.AccessKeyID != c.key || v.SecretAccessKey != c.secret {
				t.Errorf("got %s, region %q, key %q; want %s, %q, %q", p.Endpoint, p.Region, v.AccessKeyID, c.endpoint, c.region, c.key)
			}
		})
	}
	for _, c := range []struct {
		why, name, endpoint string
		kind                errs.Kind
	}{
		{"no such profile", "lob", "", errs.NotFound},
		{"a profile without keys, not on AWS", "empty", "", errs.Invalid},
		{"an account in the endpoint", "lab", "https://me:sesame@host", errs.Invalid},
		{"an endpoint without a scheme", "lab", "localhost:9000", errs.Invalid},
		{"an endpoint with a path", "lab", "http://host/bucket", errs.Invalid},
	} {
		t.Run(c.why, func(t *testing.T) {
			cleanEnv(t, credentials, config)
			t.Setenv("OUTCORE_S3_ENDPOINT", c.endpoint)
			_, err := LoadProfile(c.name)
			if !errors.Is(err, c.kind) || strings.Contains(err.Error(), "sesame") {
				t.Errorf("got %v, want an error of kind %q without secrets", err, c.kind)
			}
		})
	}
}

func FuzzReadSection(f *testing.F) {
	f.Add("[a]\nx=1\n [b] \n\ty = 2\n[a b]\nz==")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := readSection(strings.NewReader(s), "a")
		for k := range got {
			if err == nil && (k != strings.ToLower(k) || strings.Contains(k, "\n")) {
				t.Fatalf("key %q", k)
			}
		}
	})
}
