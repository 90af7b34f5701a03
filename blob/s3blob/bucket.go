package s3blob

import (
	"context"
	"net/http"
	"strings"

	"github.com/minio/minio-go/v7"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/driver"
	"github.com/outcore/outcore/errs"
)

func init() {
	blob.Register("s3", func(_ context.Context, a blob.Address, c blob.Config) (driver.Bucket, error) {
		p, err := LoadProfile(c.Profile)
		if err != nil {
			return nil, err
		}
		return New(p, a.Bucket, a.Path, c)
	})
}

const (
	defaultPartSize  = 8 << 20
	defaultTransfers = 4
	minPartSize      = 5 << 20 // S3's limit for all parts but the last
	maxParts         = 10_000  // S3's limit
)

// Bucket is the part of an S3 bucket below a prefix.
type Bucket struct {
	core      minio.Core
	transport *http.Transport
	bucket    string
	prefix    string // "" or ending in a slash
	partSize  int64
	transfers int
}

var (
	_ driver.Bucket     = (*Bucket)(nil)
	_ driver.FilePutter = (*Bucket)(nil)
)

// New gives a part of a bucket that exists. It asks the store nothing.
func New(p *Profile, bucket, prefix string, c blob.Config) (*Bucket, error) {
	b := &Bucket{bucket: bucket, prefix: strings.Trim(prefix, "/"), partSize: c.PartSize, transfers: c.Transfers}
	if b.prefix != "" {
		if err := driver.CheckKey(b.prefix); err != nil {
			return nil, err
		}
		b.prefix += "/"
	}
	if b.partSize == 0 {
		b.partSize = defaultPartSize
	}
	if b.partSize < minPartSize {
		return nil, errs.New(errs.Invalid, "s3blob: found a part size of %d bytes, S3 takes no less than %d", b.partSize, minPartSize)
	}
	if b.transfers == 0 {
		b.transfers = defaultTransfers
	}
	var err error
	if b.transport, err = minio.DefaultTransport(p.Endpoint.Scheme == "https"); err != nil {
		return nil, errs.New(errs.Invalid, "s3blob: %w", err)
	}
	b.transport.DialContext = dialer(b.transport.DialContext)
	client, err := minio.New(p.Endpoint.Host, &minio.Options{
		Creds:     p.Creds,
		Secure:    p.Endpoint.Scheme == "https",
		Region:    p.Region,
		Transport: b.transport,
		// Retrying is done here: the client's own would hide that a conditional
		// write was sent twice.
		MaxRetries: 1,
	})
	if err != nil {
		return nil, errs.New(errs.Invalid, "s3blob: %w", err)
	}
	b.core = minio.Core{Client: client}
	return b, nil
}

// Stat describes an object.
func (b *Bucket) Stat(ctx context.Context, key string) (driver.Info, error) {
	info, _, err := b.stat(ctx, key)
	return info, err
}

// stat also tells the mark of the write that made the object.
func (b *Bucket) stat(ctx context.Context, key string) (info driver.Info, mark string, err error) {
	err = retry(ctx, func() error {
		o, err := b.core.Client.StatObject(ctx, b.bucket, b.prefix+key, minio.StatObjectOptions{})
		if err != nil {
			return b.fail(ctx, err)
		}
		info, mark = describe(key, o), markOf(o)
		return nil
	})
	return info, mark, err
}

// Delete removes an object.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	return retry(ctx, func() error {
		err := b.core.Client.RemoveObject(ctx, b.bucket, b.prefix+key, minio.RemoveObjectOptions{})
		switch minio.ToErrorResponse(err).Code {
		case minio.NoSuchKey, "ObjectParentIsFile": // the latter from stores on file systems
			return nil
		}
		return b.fail(ctx, err)
	})
}

// Close drops idle connections.
func (b *Bucket) Close() error {
	b.transport.CloseIdleConnections()
	return nil
}

func describe(key string, o minio.ObjectInfo) driver.Info {
	return driver.Info{Key: key, Size: o.Size, Version: o.ETag, ModTime: o.LastModified}
}

// markOf gives the mark of the write that made an object; the store keeps
// names of metadata in any case.
func markOf(o minio.ObjectInfo) string {
	for k, v := range o.UserMetadata {
		if strings.EqualFold(k, markName) {
			return v
		}
	}
	return ""
}
