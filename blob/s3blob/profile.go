package s3blob

import (
	"bufio"
	"cmp"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/outcore/outcore/errs"
)

// A Profile is an account at an endpoint.
type Profile struct {
	Name     string // as asked for, for messages
	Endpoint *url.URL
	Region   string                   // "" = ask the store
	Creds    *credentials.Credentials // renewed as needed
}

const awsEndpoint = "https://s3.amazonaws.com"

// LoadProfile finds the account and endpoint called name; "" means
// $OUTCORE_PROFILE, then $AWS_PROFILE, then the environment's own account, then
// the profile "default". "anonymous" signs nothing.
//
// Keys: a named profile's from ~/.aws/credentials and ~/.aws/config (also
// $AWS_SHARED_CREDENTIALS_FILE and $AWS_CONFIG_FILE), with credential_process;
// without a name $AWS_ACCESS_KEY_ID, $AWS_SECRET_ACCESS_KEY and
// $AWS_SESSION_TOKEN come first; on AWS, the machine's role last.
//
// Endpoint: $OUTCORE_S3_ENDPOINT, $AWS_ENDPOINT_URL_S3, $AWS_ENDPOINT_URL, the
// profile's endpoint_url, AWS. Region: $AWS_REGION, $AWS_DEFAULT_REGION, the
// profile's region.
func LoadProfile(name string) (*Profile, error) {
	named := cmp.Or(name, os.Getenv("OUTCORE_PROFILE"), os.Getenv("AWS_PROFILE"))
	p := &Profile{Name: cmp.Or(named, "default")}
	settings, err := readSettings(p.Name)
	if err != nil {
		return nil, err
	}
	if settings == nil && named != "" && named != "anonymous" && named != "default" {
		return nil, errs.New(errs.NotFound, "s3blob: no profile %q in %s or %s", named, credentialsFile(), configFile()).
			WithFix("aws configure --profile %s, or write the section by hand", named)
	}

	endpoint := cmp.Or(os.Getenv("OUTCORE_S3_ENDPOINT"), os.Getenv("AWS_ENDPOINT_URL_S3"),
		os.Getenv("AWS_ENDPOINT_URL"), settings["endpoint_url"], awsEndpoint)
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.User != nil || u.RawQuery != "" {
		return nil, errs.New(errs.Invalid, "s3blob: the endpoint of profile %q is not http://HOST:PORT or https://HOST", p.Name).
			WithFix("set OUTCORE_S3_ENDPOINT=https://HOST, with no account, path or query in it")
	}
	p.Endpoint = u
	p.Region = cmp.Or(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"), settings["region"])
	if p.Region == "" && endpoint != awsEndpoint {
		p.Region = "us-east-1" // what stores other than AWS take by default
	}

	id, secret, token := os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), os.Getenv("AWS_SESSION_TOKEN")
	if named != "" {
		id = ""
	}
	switch {
	case named == "anonymous":
		p.Creds = credentials.NewStatic("", "", "", credentials.SignatureAnonymous)
	case id != "":
		p.Creds = credentials.NewStaticV4(id, secret, token)
	case settings["aws_access_key_id"] != "":
		p.Creds = credentials.NewStaticV4(settings["aws_access_key_id"], settings["aws_secret_access_key"], settings["aws_session_token"])
	case settings["credential_process"] != "":
		p.Creds = credentials.NewFileAWSCredentials(credentialsFile(), p.Name)
	case endpoint == awsEndpoint:
		p.Creds = credentials.NewIAM("")
	default:
		return nil, errs.New(errs.Invalid, "s3blob: profile %q has no keys for %s", p.Name, u.Host).
			WithFix("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile in OUTCORE_PROFILE, or OUTCORE_PROFILE=anonymous")
	}
	return p, nil
}

func credentialsFile() string {
	return cmp.Or(os.Getenv("AWS_SHARED_CREDENTIALS_FILE"), homeFile("credentials"))
}

func configFile() string { return cmp.Or(os.Getenv("AWS_CONFIG_FILE"), homeFile("config")) }

func homeFile(name string) string {
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".aws", name)
}

// readSettings joins what both files say of a profile, the credentials file
// first; nil when neither has it.
func readSettings(profile string) (map[string]string, error) {
	inConfig := "profile " + profile
	if profile == "default" {
		inConfig = "default"
	}
	var all map[string]string
	for _, from := range [][2]string{{configFile(), inConfig}, {credentialsFile(), profile}} {
		if from[0] == "" {
			continue
		}
		f, err := os.Open(from[0])
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, errs.New(errs.Invalid, "s3blob: cannot read the profiles: %w", err)
		}
		s, err := readSection(f, from[1])
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, errs.New(errs.Invalid, "s3blob: cannot read the profiles of %s: %w", from[0], err)
		}
		for k, v := range s {
			if all == nil {
				all = map[string]string{}
			}
			all[k] = v
		}
	}
	return all, nil
}

// readSection gives the settings of one section of an AWS file. Indented lines
// are nested settings, none of which is used here.
func readSection(r io.Reader, name string) (map[string]string, error) {
	section := map[string]string{}
	in := false
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := lines.Text()
		text := strings.TrimSpace(line)
		switch {
		case text == "" || text[0] == '#' || text[0] == ';':
		case text[0] == '[' && strings.Contains(text, "]"):
			head := text[1:strings.IndexByte(text, ']')]
			in = strings.Join(strings.Fields(head), " ") == name
		case in && line[0] != ' ' && line[0] != '\t':
			if k, v, ok := strings.Cut(text, "="); ok {
				section[strings.ToLower(strings.TrimSpace(k))] = strings.TrimSpace(v)
			}
		}
	}
	return section, lines.Err()
}
