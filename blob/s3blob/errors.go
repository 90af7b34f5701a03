package s3blob

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/outcore/outcore/errs"
)

// attempts × backoff: what a store may be away before a call fails, 6 to 12 s.
const (
	attempts   = 6
	firstPause = 200 * time.Millisecond
	lastPause  = 4 * time.Second
)

// retry calls f until it returns nil or what is not errs.Unavailable, at most
// attempts times, with pauses that double.
func retry(ctx context.Context, f func() error) error {
	pause := firstPause
	for try := 1; ; try++ {
		err := f()
		if err == nil || !errors.Is(err, errs.Unavailable) || try == attempts {
			return err
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
		pause = min(2*pause, lastPause)
	}
}

// sleep waits for half of d to d, so that writers who failed together do not
// come back together.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d/2 + rand.N(d/2))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// fail turns an error of the client into one of a kind.
func (b *Bucket) fail(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var known *errs.Error
	if errors.As(err, &known) {
		return err
	}
	var r minio.ErrorResponse
	if !errors.As(err, &r) {
		return b.network(err)
	}
	switch r.Code {
	case minio.NoSuchBucket:
		return errs.New(errs.NotFound, "s3blob: there is no bucket %q at %s: %w", b.bucket, b.core.EndpointURL().Host, err).
			WithFix("make the bucket, or set OUTCORE_S3_ENDPOINT or the region of the profile")
	case minio.NoSuchKey:
		return errs.New(errs.NotFound, "s3blob: there is no such object: %w", err)
	case minio.PreconditionFailed, "ConditionalRequestConflict":
		return errs.New(errs.Conflict, "s3blob: the object is not the expected version: %w", err)
	case minio.AccessDenied, "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "AccountProblem":
		return errs.New(errs.Invalid, "s3blob: bucket %q refuses this account (%s): %w", b.bucket, r.Code, err).
			WithFix("name the right profile in OUTCORE_PROFILE, or ask for read and write rights on the bucket")
	case "RequestTimeTooSkewed":
		return errs.New(errs.Invalid, "s3blob: this machine's clock is wrong: %w", err).WithFix("set the clock")
	case "EntityTooLarge":
		return errs.New(errs.TooLarge, "s3blob: %w", err)
	case "BadDigest", "XAmzContentSHA256Mismatch", "InvalidDigest":
		return errs.New(errs.Unavailable, "s3blob: the bytes were changed on their way: %w", err)
	case "RequestError", "RequestTimeout", "RequestTimeoutException", "OperationAborted", "InternalError",
		"ServiceUnavailable", "SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "BandwidthLimitExceeded", "TooManyRequests":
		return errs.New(errs.Unavailable, "s3blob: %s does not answer properly (%s): %w", b.core.EndpointURL().Host, r.Code, err)
	}
	switch {
	case r.StatusCode == http.StatusForbidden, r.StatusCode == http.StatusUnauthorized:
		return errs.New(errs.Invalid, "s3blob: %s refuses this account (HTTP %d, %s): %w", b.core.EndpointURL().Host, r.StatusCode, r.Code, err).
			WithFix("name the right profile in OUTCORE_PROFILE, and the store in OUTCORE_S3_ENDPOINT")
	case r.StatusCode == http.StatusNotFound:
		return errs.New(errs.NotFound, "s3blob: there is no such object: %w", err)
	case r.StatusCode == http.StatusConflict:
		return errs.New(errs.Conflict, "s3blob: %s: %w", r.Code, err)
	case r.StatusCode == http.StatusRequestTimeout, r.StatusCode == http.StatusTooManyRequests, r.StatusCode >= 500 && r.StatusCode != http.StatusNotImplemented:
		return errs.New(errs.Unavailable, "s3blob: %s does not answer properly (HTTP %d): %w", b.core.EndpointURL().Host, r.StatusCode, err)
	}
	return errs.New(errs.Invalid, "s3blob: %s refuses the request (%s): %w", b.core.EndpointURL().Host, r.Code, err)
}

// network gives the kind of an error that is not an answer of the store.
func (b *Bucket) network(err error) error {
	var n net.Error
	var op *net.OpError
	host := b.core.EndpointURL().Host
	if errors.As(err, &op) && op.Op == "dial" {
		return errs.New(errs.Unavailable, "s3blob: cannot reach %s: %w", host, err).
			WithFix("look at the network and at OUTCORE_S3_ENDPOINT")
	}
	if errors.As(err, &n) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.DeadlineExceeded) {
		return errs.New(errs.Unavailable, "s3blob: the connection to %s broke: %w", host, err)
	}
	return errs.New(errs.Unavailable, "s3blob: %s: %w", host, err)
}
