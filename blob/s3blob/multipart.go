package s3blob

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/minio/minio-go/v7"
	"golang.org/x/sync/errgroup"

	"github.com/outcore/outcore/blob/driver"
	"github.com/outcore/outcore/errs"
)

// abortWait bounds the clearing away of a failed upload, which is done even
// when the caller's context has ended.
const abortWait = 10 * time.Second

// inParts stores the object in parts, b.transfers at once. The condition is
// checked by the request that completes the upload, and before it, so that a
// large upload that cannot succeed is not begun.
func (w *write) inParts(ctx context.Context, p *parts, first body, release func()) (driver.Info, error) {
	b := w.b
	if err := w.early(ctx); err != nil {
		release()
		return driver.Info{}, err
	}
	var id string
	err := retry(ctx, func() error {
		var err error
		id, err = b.core.NewMultipartUpload(ctx, b.bucket, b.prefix+w.key, minio.PutObjectOptions{
			UserMetadata: map[string]string{markName: w.mark},
		})
		return b.fail(ctx, err)
	})
	if err != nil {
		release()
		return driver.Info{}, err
	}
	done, size, err := w.sendParts(ctx, id, p, first, release)
	if err == nil {
		var info driver.Info
		info, err = w.finish(ctx, size, func() (minio.UploadInfo, error) {
			return b.core.CompleteMultipartUpload(ctx, b.bucket, b.prefix+w.key, id, done, w.conditions())
		})
		if err == nil {
			return info, nil
		}
	}
	clear, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortWait)
	defer cancel()
	// The upload's own error is what matters; a part that stays is the life-cycle rule's.
	_ = b.core.AbortMultipartUpload(clear, b.bucket, b.prefix+w.key, id)
	return driver.Info{}, err
}

// early refuses a conditional write that cannot succeed.
func (w *write) early(ctx context.Context) error {
	switch {
	case w.opts.IfAbsent:
		is, err := w.b.exists(ctx, w.key)
		if err == nil && is {
			err = errs.New(errs.Exists, "s3blob: there is an object already, expected none")
		}
		return err
	case w.opts.IfVersion != "":
		info, err := w.b.Stat(ctx, w.key)
		if errors.Is(err, errs.NotFound) && !errors.Is(err, errs.Conflict) || err == nil && info.Version != w.opts.IfVersion {
			err = errs.New(errs.Conflict, "s3blob: found version %q, expected %q: another writer was first", info.Version, w.opts.IfVersion)
		}
		return err
	}
	return nil
}

// sendParts uploads first and what follows it in p.
func (w *write) sendParts(ctx context.Context, id string, p *parts, first body, release func()) ([]minio.CompletePart, int64, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(w.b.transfers)
	var mu sync.Mutex
	var done []minio.CompletePart
	var size int64
	body, last := first, false
	var err error
	for n := 1; ; n++ {
		if n > maxParts {
			release()
			err = errs.New(errs.TooLarge, "s3blob: the object has more than %d parts of %d bytes", maxParts, p.size).
				WithFix("tell its size, or use larger parts")
			break
		}
		size += body.Size()
		part, free := body, release
		g.Go(func() error {
			defer free()
			etag, err := w.sendPart(gctx, id, n, part)
			mu.Lock()
			defer mu.Unlock()
			done = append(done, minio.CompletePart{PartNumber: n, ETag: etag})
			return err
		})
		if last {
			break
		}
		body, release, last, err = p.next(gctx)
		if err != nil || last && body.Size() == 0 {
			if err == nil {
				release()
			}
			break
		}
	}
	if err != nil {
		cancel() // the parts under way are for nothing
	}
	if e := g.Wait(); e != nil && (err == nil || errors.Is(err, context.Canceled)) {
		err = e
	}
	slices.SortFunc(done, func(x, y minio.CompletePart) int { return x.PartNumber - y.PartNumber })
	return done, size, err
}

// sendPart uploads part n.
func (w *write) sendPart(ctx context.Context, id string, n int, body body) (etag string, err error) {
	sum, err := md5Of(body)
	if err != nil {
		return "", err
	}
	err = retry(ctx, func() error {
		if _, err := body.Seek(0, io.SeekStart); err != nil {
			return err
		}
		part, err := w.b.core.PutObjectPart(ctx, w.b.bucket, w.b.prefix+w.key, id, n, plain{body}, body.Size(),
			minio.PutObjectPartOptions{Md5Base64: sum, DisableContentSha256: true})
		etag = part.ETag
		return w.b.fail(ctx, err)
	})
	return etag, err
}
