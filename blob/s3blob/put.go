package s3blob

import (
	"context"
	"crypto/md5"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/driver"
	"github.com/outcore/outcore/errs"
)

// markName is the metadata that holds the mark of a write.
const markName = "Outcore-Write"

// Put stores r in one request, or in parts when it is larger than the part size.
func (b *Bucket) Put(ctx context.Context, key string, r io.Reader, size int64, opts driver.PutOptions) (driver.Info, error) {
	if err := ctx.Err(); err != nil {
		return driver.Info{}, err
	}
	partSize := b.partSize
	if size > partSize*maxParts {
		const step = 1 << 20
		partSize = (size/maxParts/step + 1) * step
	}
	p, err := cut(r, size, partSize, b.transfers+1)
	if err != nil {
		return driver.Info{}, err
	}
	w := &write{b: b, key: key, opts: opts, mark: rand.Text()}
	first, release, last, err := p.next(ctx)
	if err != nil {
		return driver.Info{}, err
	}
	if last {
		defer release()
		return w.whole(ctx, first)
	}
	return w.inParts(ctx, p, first, release)
}

// PutFile uploads a file, in parts in parallel, and removes it.
func (b *Bucket) PutFile(ctx context.Context, key, path string, opts driver.PutOptions) (driver.Info, error) {
	f, err := os.Open(path)
	if err != nil {
		return driver.Info{}, blob.FileError("open the staged file", path, err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return driver.Info{}, blob.FileError("look at the staged file", path, err)
	}
	info, err := b.Put(ctx, key, f, st.Size(), opts)
	if err != nil {
		return driver.Info{}, err
	}
	return info, blob.FileError("remove the staged file", path, os.Remove(path))
}

// A write is one Put under way.
type write struct {
	b    *Bucket
	key  string
	opts driver.PutOptions
	mark string // tells this write from all others

	// unsure is set when a request that would have made the object got no
	// proper answer: it may have been done.
	unsure bool
}

// whole stores the object in one request.
func (w *write) whole(ctx context.Context, body body) (driver.Info, error) {
	opts := w.conditions()
	opts.UserMetadata = map[string]string{markName: w.mark}
	opts.DisableContentSha256 = true // Content-MD5 does it, at less cost and everywhere
	sum, err := md5Of(body)
	if err != nil {
		return driver.Info{}, err
	}
	return w.finish(ctx, body.Size(), func() (minio.UploadInfo, error) {
		if _, err := body.Seek(0, io.SeekStart); err != nil {
			return minio.UploadInfo{}, err
		}
		return w.b.core.PutObject(ctx, w.b.bucket, w.b.prefix+w.key, plain{body}, body.Size(), sum, "", opts)
	})
}

// finish sends the request that makes the object, again when there is no proper
// answer, and finds out whose object is there when the answers contradict.
func (w *write) finish(ctx context.Context, size int64, send func() (minio.UploadInfo, error)) (driver.Info, error) {
	var info driver.Info
	err := retry(ctx, func() error {
		up, err := send()
		if err == nil {
			info = driver.Info{Key: w.key, Size: size, Version: up.ETag, ModTime: time.Now()}
			return nil
		}
		code := minio.ToErrorResponse(err).Code
		err = w.b.fail(ctx, err)
		if code == "ConditionalRequestConflict" {
			// S3 could not order two writes: neither this one nor, perhaps, the other was done.
			return errs.New(errs.Unavailable, "s3blob: another write of the object is under way: %w", err)
		}
		w.unsure = w.unsure || errors.Is(err, errs.Unavailable)
		return err
	})
	if err == nil {
		return info, nil
	}
	if w.unsure && ctx.Err() == nil {
		if found, mark, e := w.b.stat(ctx, w.key); e == nil && mark == w.mark {
			return found, nil
		}
	}
	return driver.Info{}, w.lost(err)
}

// lost gives the kind of a broken condition.
func (w *write) lost(err error) error {
	conflict := errors.Is(err, errs.Conflict)
	switch {
	case w.opts.IfAbsent && conflict:
		return errs.New(errs.Exists, "s3blob: there is an object already, expected none: %w", err)
	case w.opts.IfVersion != "" && (conflict || missing(err)):
		return errs.New(errs.Conflict, "s3blob: the object is not version %s any more: another writer was first: %w", w.opts.IfVersion, err)
	}
	return err
}

// missing tells whether err is of an object that is not there, rather than of a
// bucket or an upload.
func missing(err error) bool {
	var r minio.ErrorResponse
	return errors.As(err, &r) && r.Code == minio.NoSuchKey
}

// conditions gives the options of the request that makes the object.
func (w *write) conditions() minio.PutObjectOptions {
	var o minio.PutObjectOptions
	if w.opts.IfAbsent {
		o.SetMatchETagExcept("*")
	}
	if w.opts.IfVersion != "" {
		o.SetMatchETag(w.opts.IfVersion)
	}
	return o
}

// plain hides what a body can do beyond reading and seeking.
type plain struct{ io.ReadSeeker }

// md5Of gives the Content-MD5 of a body, by which the store checks what arrives.
func md5Of(body body) (string, error) {
	h := md5.New()
	if _, err := io.Copy(h, body); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(h.Sum(nil)), nil
}
