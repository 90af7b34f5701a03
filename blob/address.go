package blob

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/outcore/outcore/errs"
)

// An Address is a place as a user names it: a path or URL, and in a repository
// a node of its tree and a version of its history.
//
//	data/flights.csv  data/*.csv.gz           Scheme file
//	s3://bucket/prefix                        Bucket bucket, Path prefix
//	repo#/group/array                         Node /group/array
//	s3://bucket/repo@main#/group/array        Ref main
//	model://flights@production  run://3f9a    Path flights, Ref production
//
// Node is behind the last #, and then Ref behind the last @ before it; without
// a # an @ is a plain character (but for model://). In names that hold those
// characters %23 stands for # and %40 for @; should a name hold the very text
// %23 or %40, %2523 and %2540 stand for it. Nothing else is unescaped.
//
// The fields hold the plain, unescaped text.
type Address struct {
	Scheme string // file, s3, az, gs, mem, model or run
	Bucket string // bucket, container or name of a store; "" for file, model and run
	Path   string // path of a file, or prefix in a bucket without a leading slash
	Ref    string // branch, tag, snapshot or alias; "" = none
	Node   string // node in a repository with a leading slash; "" = none was given
}

var (
	schemes    = []string{"az", "file", "gs", "mem", "model", "run", "s3"}
	schemeForm = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*)://`)
	driveForm  = regexp.MustCompile(`^[A-Za-z]:([/\\]|$)`)
	secretForm = sync.OnceValue(func() *regexp.Regexp { // takes longer to compile than the others together
		return regexp.MustCompile(`(?i)[?&](x-amz-[a-z-]+|awsaccesskeyid|signature|sig|token|access_?key(_?id)?|secret[a-z_]*|password)=`)
	})

	// escaped matches what unescape decodes, and so what escape must protect: %
	// and any number of 25 before 23 or 40.
	escaped = regexp.MustCompile(`%(25)*(23|40)`)
)

// goodBucket reports whether s can name a bucket: 1 to 255 letters, digits,
// underscores and, behind the first, dots and dashes. (As a regular expression it
// takes 0.3 ms to compile, at every start.)
func goodBucket(s string) bool {
	for i, c := range []byte(s) {
		switch {
		case c-'0' <= 9 || c|0x20-'a' <= 'z'-'a' || c == '_':
		case i > 0 && (c == '.' || c == '-'):
		default:
			return false
		}
	}
	return s != "" && len(s) <= 255
}

// ParseAddress reads an address as a user gave it. Errors are errs.Invalid, or
// errs.Unsupported for a scheme that is not one of ours, and say what to write
// instead; they never repeat credentials.
func ParseAddress(s string) (Address, error) {
	if err := checkAddressText(s); err != nil {
		return Address{}, err
	}
	a := Address{Scheme: "file"}
	rest := s
	if m := schemeForm.FindString(s); m != "" {
		a.Scheme = strings.ToLower(strings.TrimSuffix(m, "://"))
		rest = s[len(m):]
		if !slices.Contains(schemes, a.Scheme) {
			return Address{}, unknownScheme(a.Scheme)
		}
		if a.Scheme == "file" {
			if !strings.HasPrefix(rest, "/") {
				return Address{}, invalidAddress(s, "names a host").WithFix("file:///path, or the path alone")
			}
		}
		if secretForm().MatchString(rest) {
			return Address{}, credentials(a.Scheme)
		}
	} else if driveForm.MatchString(s) {
		return Address{}, invalidAddress(s, "is a Windows path").WithFix("a path with / between its parts, without a drive")
	}

	if i := strings.LastIndexByte(rest, '#'); i >= 0 {
		a.Node, rest = unescape(rest[i+1:]), rest[:i]
		if a.Node == "" {
			a.Node = "/"
		}
		if a.Node[0] != '/' {
			return Address{}, invalidAddress(s, "has a # that is not before /").
				WithFix("PLACE#/group/array for a node; %%23 for a # in a name")
		}
		if i := strings.LastIndexByte(rest, '@'); i >= 0 {
			a.Ref, rest = unescape(rest[i+1:]), rest[:i]
			if a.Ref == "" {
				return Address{}, invalidAddress(s, "has nothing between @ and #").WithFix("PLACE@BRANCH#/path, or PLACE#/path")
			}
		}
	} else if a.Scheme == "model" {
		if i := strings.LastIndexByte(rest, '@'); i >= 0 {
			a.Ref, rest = unescape(rest[i+1:]), rest[:i]
			if a.Ref == "" {
				return Address{}, invalidAddress(s, "has nothing behind @").WithFix("model://NAME@ALIAS, or model://NAME")
			}
		}
	}

	switch a.Scheme {
	case "file", "model", "run":
		a.Path = unescape(rest)
		if a.Path == "" {
			return Address{}, invalidAddress(s, "names no place")
		}
	default:
		host, path, _ := strings.Cut(rest, "/")
		if strings.ContainsAny(host, "@:") {
			return Address{}, credentials(a.Scheme)
		}
		if !goodBucket(host) && !(a.Scheme == "mem" && host == "") {
			return Address{}, invalidAddress(s, "has no valid bucket name").WithFix("%s://BUCKET/PREFIX", a.Scheme)
		}
		a.Bucket, a.Path = host, unescape(path)
		for part := range strings.SplitSeq(a.Path, "/") {
			if part == "." || part == ".." {
				return Address{}, invalidAddress(s, "has the part "+part+" in a prefix, which no object store has")
			}
		}
	}
	return a, nil
}

// String gives text that ParseAddress reads back as a.
func (a Address) String() string {
	var b strings.Builder
	atEnds := a.Node != "" || a.Scheme == "model" // an @ would be read as a ref
	switch a.Scheme {
	case "file":
		b.WriteString(escape(a.Path, atEnds && a.Ref == ""))
	case "model", "run":
		b.WriteString(a.Scheme + "://" + escape(a.Path, atEnds && a.Ref == ""))
	default:
		b.WriteString(a.Scheme + "://" + a.Bucket)
		if a.Path != "" {
			b.WriteString("/" + escape(a.Path, atEnds && a.Ref == ""))
		}
	}
	if a.Ref != "" {
		b.WriteString("@" + escape(a.Ref, true))
	}
	if a.Node != "" {
		b.WriteString("#" + escape(a.Node, false))
	}
	return b.String()
}

// Local tells whether a is a path on this machine.
func (a Address) Local() bool { return a.Scheme == "file" }

// IsGlob tells whether a.Path has one of the characters * ? [ of a glob.
func (a Address) IsGlob() bool { return strings.ContainsAny(a.Path, "*?[") }

// Join gives the address of elem (one or more parts between slashes) below a.
func (a Address) Join(elem string) Address {
	switch {
	case a.Path == "":
		a.Path = elem
	case strings.HasSuffix(a.Path, "/"):
		a.Path += elem
	default:
		a.Path += "/" + elem
	}
	return a
}

// Split gives the folder that holds what a names and the rest below it: the
// last part of the path, or from the first part with a glob on. Opening dir as
// a bucket, rest is a key or a pattern for keys. rest is "" when a names a
// folder by a trailing slash, or a whole bucket.
func (a Address) Split() (dir Address, rest string) {
	p := a.Path
	cut := strings.LastIndexByte(p, '/')
	if i := strings.IndexAny(p, "*?["); i >= 0 {
		cut = strings.LastIndexByte(p[:i], '/')
	}
	dir = Address{Scheme: a.Scheme, Bucket: a.Bucket}
	rest = p[cut+1:]
	switch {
	case cut > 0:
		dir.Path = p[:cut]
	case cut == 0 && a.Scheme == "file":
		dir.Path = "/"
	case a.Scheme == "file":
		dir.Path = "."
	}
	return dir, rest
}

func checkAddressText(s string) error {
	switch {
	case s == "":
		return errs.New(errs.Invalid, "blob: empty address, expected a path or URL")
	case !utf8.ValidString(s):
		return invalidAddress(s, "is not UTF-8")
	case strings.ContainsRune(s, '\\'):
		return invalidAddress(s, "has a backslash").WithFix("write / between the parts of a path")
	case strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return invalidAddress(s, "has a control character")
	}
	return nil
}

func unknownScheme(scheme string) error {
	err := errs.New(errs.Unsupported, "blob: address has the scheme %q, expected a path or one of %s%s",
		scheme, strings.Join(schemes, ", "), errs.Suggest(scheme, schemes))
	if scheme == "http" || scheme == "https" {
		err = err.WithFix("download the file first, or pipe it: curl -L URL | outcore ... -")
	}
	return err
}

// credentials does not repeat the address: it would put the secret in a log.
func credentials(scheme string) error {
	return errs.New(errs.Invalid, "blob: a %s:// address holds credentials, a port or a signature, expected %s://BUCKET/PREFIX alone", scheme, scheme).
		WithFix("put the account and endpoint in a profile and name it in OUTCORE_PROFILE, or use the AWS_ variables")
}

func invalidAddress(s, why string) *errs.Error {
	if schemeForm.MatchString(s) && (secretForm().MatchString(s) || strings.ContainsRune(s, '@')) {
		s = schemeForm.FindString(s) + "..." // it may hold a secret
	}
	return errs.New(errs.Invalid, "blob: address %q %s", s, why)
}

// unescape decodes %23 and %40, and takes one 25 out of %2523, %252523 …
func unescape(s string) string {
	return escaped.ReplaceAllStringFunc(s, func(m string) string {
		switch {
		case m == "%23":
			return "#"
		case m == "%40":
			return "@"
		}
		return "%" + m[len("%25"):]
	})
}

// escape is the inverse of unescape; an @ stays unless at is set.
func escape(s string, at bool) string {
	s = escaped.ReplaceAllStringFunc(s, func(m string) string { return "%25" + m[1:] })
	s = strings.ReplaceAll(s, "#", "%23")
	if at {
		s = strings.ReplaceAll(s, "@", "%40")
	}
	return s
}
