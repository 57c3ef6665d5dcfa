// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"crypto/x509"
	"fmt"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/certificate"
)

// addChain describes the chain in the fact, and returns it as evidence. All that
// was sent serves to build a path, within a bound of bytes; fewer are kept.
func (p *Probe) addChain(f *fact.TLS, chain []*x509.Certificate, unread int) []scanner.Artifact {
	switch {
	case len(chain) == 0 && unread > 0:
		f.Garbled, f.Why["chain"] = true, "what was shown is no certificate that can be read"
		return nil
	case len(chain) == 0:
		f.Why["chain"] = "no certificate was shown"
		return nil
	case unread > 0:
		f.Why["chain"] = fmt.Sprintf("%d of %d certificates could not be read", unread, len(chain)+unread)
	case len(chain) > certificate.MaxChain:
		f.Why["chain"] = fmt.Sprintf("only %d of %d certificates were kept", certificate.MaxChain, len(chain))
	}
	described, text := certificate.Chain(chain, f.Name)
	trust, err := p.stores.Trust(chain)
	if err != nil {
		f.Why["trust"] = err.Error()
	} else {
		f.Trust, f.Store = trust, p.options.Store
	}
	f.Chain, f.Shape = described, p.stores.Shape(chain, time.Now())
	return []scanner.Artifact{scanner.NewArtifact("certificate chain", "application/pem-certificate-chain", text)}
}
