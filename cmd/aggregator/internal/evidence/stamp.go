// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"time"

	"github.com/digitorus/timestamp"

	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/internal/proof"
	"carescan/scanner/bounded"
)

const (
	// stampEvery is how often an authority is asked at most: a time-stamp of a checkpoint
	// is one of all that came before it, and qualified ones are paid for.
	stampEvery = time.Hour
	// stampWait is how long an authority is waited for.
	stampWait = 20 * time.Second
	mediaAsk  = "application/timestamp-query" // RFC 3161 section 3.4
	mediaTold = "application/timestamp-reply"
)

// Authority is one that signs time-stamps.
type Authority struct {
	URL   string
	Roots *x509.CertPool // its chain ends at one of these
}

// stamp asks each authority for a time-stamp of the newest checkpoint, when its last one
// is old enough. One that cannot be reached is asked again at the next round.
func (l *Log) stamp(ctx context.Context, now time.Time) error {
	newest, err := l.store.Checkpoint(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	var failed []error
	for _, a := range l.authorities {
		last, err := l.store.Stamps(ctx, a.URL, 1)
		if err != nil {
			return err
		}
		if len(last) > 0 && (last[0].Checkpoint.SignedAt.Equal(newest.SignedAt) || now.Sub(last[0].At) < stampEvery) {
			continue
		}
		stamped, token, err := a.ask(ctx, newest.Note)
		if err != nil {
			failed = append(failed, fmt.Errorf("time-stamp by %s: %w", a.URL, err))
			continue
		}
		if err := l.store.AddStamp(ctx, store.Stamp{Checkpoint: newest, Authority: a.URL, At: stamped.At, Token: token}); err != nil {
			return err
		}
		l.log.Info("checkpoint time-stamped", "size", newest.Size, "authority", a.URL, "at", stamped.At)
	}
	return errors.Join(failed...)
}

// ask asks for a time-stamp of a signed checkpoint, with the certificates of the
// authority in it, and verifies it before it is believed.
func (a Authority) ask(ctx context.Context, checkpoint string) (proof.Stamped, []byte, error) {
	nonce, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 63))
	if err != nil {
		return proof.Stamped{}, nil, fmt.Errorf("draw nonce: %w", err)
	}
	digest := sha256.Sum256([]byte(checkpoint))
	question := timestamp.Request{HashAlgorithm: crypto.SHA256, HashedMessage: digest[:], Certificates: true, Nonce: nonce}
	asked, err := question.Marshal()
	if err != nil {
		return proof.Stamped{}, nil, fmt.Errorf("write question: %w", err)
	}
	answer, err := post(ctx, a.URL, asked)
	if err != nil {
		return proof.Stamped{}, nil, err
	}
	token, told, err := readAnswer(answer)
	if err != nil {
		return proof.Stamped{}, nil, err
	}
	if told == nil || told.Cmp(nonce) != 0 {
		return proof.Stamped{}, nil, errors.New("the answer is to another question")
	}
	stamped, err := proof.VerifyStamp(token, checkpoint, a.Roots)
	return stamped, token, err
}

// readAnswer takes the token and its nonce out of an answer.
func readAnswer(raw []byte) (token []byte, nonce *big.Int, err error) {
	// The reader of CMS is another's, and reads what comes from afar.
	defer func() {
		if seen := recover(); seen != nil {
			err = fmt.Errorf("read answer: %v", seen)
		}
	}()
	read, err := timestamp.ParseResponse(raw)
	if err != nil {
		return nil, nil, fmt.Errorf("read answer: %w", err)
	}
	return read.RawToken, read.Nonce, nil
}

// client speaks to time-stamping authorities: it follows nobody elsewhere, and keeps no
// connection.
var client = &http.Client{
	Timeout:       stampWait,
	Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, MaxResponseHeaderBytes: 16 << 10},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func post(ctx context.Context, address string, question []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(question))
	if err != nil {
		return nil, fmt.Errorf("prepare question: %w", err)
	}
	request.Header.Set("Content-Type", mediaAsk)
	request.Header.Set("Accept", mediaTold)
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask: %w", err)
	}
	defer response.Body.Close()
	raw, whole, err := bounded.Read(response.Body, proof.MaxToken)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read answer: %w", err)
	case response.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("the answer has status %d", response.StatusCode)
	case !whole:
		return nil, fmt.Errorf("the answer is longer than %d bytes", proof.MaxToken)
	case response.Header.Get("Content-Type") != mediaTold:
		return nil, errors.New("the answer is no time-stamp")
	}
	return raw, nil
}
