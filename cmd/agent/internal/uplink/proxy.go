// SPDX-License-Identifier: Apache-2.0

package uplink

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"

	"carescan/cmd/internal/cli"
	"carescan/scanner"
	"carescan/scanner/settings"
)

// throughProxy leads a transport through the proxy of uplink.proxy, if any; never
// through one of the environment.
//
// The answer to CONNECT is the proxy's (RFC 9110 section 9.3.6): it is told as
// such, or the reader would suspect the aggregator.
func throughProxy(transport *http.Transport, proxy string) error {
	if proxy == "" {
		return nil
	}
	at, err := url.Parse(proxy)
	if err != nil {
		return errors.New("read uplink.proxy: it is no address") // whose text may hold a password
	}
	transport.Proxy = http.ProxyURL(at)
	transport.OnProxyConnectResponse = func(_ context.Context, proxy *url.URL, _ *http.Request, answer *http.Response) error {
		if answer.StatusCode/100 == 2 {
			return nil
		}
		return proxyRefusal(proxy.Host, answer)
	}
	return nil
}

func proxyRefusal(proxy string, answer *http.Response) error {
	code := answer.StatusCode
	hint := scanner.Text{
		FR: "demandez à qui tient ce mandataire de laisser passer CONNECT vers l'adresse et le port de l'agrégateur ; l'agrégateur n'a rien reçu",
		EN: "ask whoever keeps this proxy to let CONNECT through to the address and port of the aggregator; the aggregator received nothing",
	}
	if code == http.StatusProxyAuthRequired { // RFC 9110 section 15.5.8
		hint = scanner.Text{
			FR: "ce mandataire demande un compte : faites-en exempter l'adresse de l'agrégateur, ou écrivez uplink.proxy sous la forme http://compte:motdepasse@mandataire:port",
			EN: "this proxy asks for an account: have the address of the aggregator exempted, or write uplink.proxy as http://account:password@proxy:port",
		}
	}
	return &cli.Problem{
		Sentence: settings.Say("le mandataire %s refuse le passage vers l'agrégateur (%d)", "the proxy %s refuses the way to the aggregator (%d)", proxy, code),
		Hint:     hint,
	}
}

// toldAsProxy says of a connection to the proxy that failed that it was to the
// proxy.
func toldAsProxy(err error) error {
	failed, ok := errors.AsType[*net.OpError](err)
	if !ok || failed.Op != "proxyconnect" {
		return err
	}
	return &cli.Problem{
		Sentence: scanner.Text{FR: "le mandataire de uplink.proxy ne répond pas", EN: "the proxy of uplink.proxy does not answer"},
		Hint:     scanner.Text{FR: "vérifiez uplink.proxy et l'accès de cette machine au mandataire ; l'agrégateur n'a rien reçu", EN: "check uplink.proxy and the access of this machine to the proxy; the aggregator received nothing"},
		Cause:    fmt.Errorf("reach proxy: %w", failed.Err),
	}
}
