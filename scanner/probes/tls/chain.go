// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"crypto/x509"
	"fmt"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/certificate"
)

// addChain describes the chain in the fact, and returns it as evidence.
func (p *Probe) addChain(f *fact.TLS, chain []*x509.Certificate) []scanner.Artifact {
	if len(chain) == 0 {
		f.Why["chain"] = "no certificate was shown"
		return nil
	}
	if len(chain) > certificate.MaxChain {
		f.Why["chain"] = fmt.Sprintf("only %d of %d certificates were kept", certificate.MaxChain, len(chain))
		chain = chain[:certificate.MaxChain]
	}
	described, text := certificate.Chain(chain, f.Name)
	stores := certificate.Stores{Public: p.options.Roots, Private: p.options.Private}
	trust, err := stores.Trust(chain)
	if err != nil {
		f.Why["trust"] = err.Error()
	} else {
		f.Trust, f.Store = trust, p.options.Store
	}
	f.Chain, f.Shape = described, stores.Shape(chain)
	return []scanner.Artifact{scanner.NewArtifact("certificate chain", "application/pem-certificate-chain", text)}
}
