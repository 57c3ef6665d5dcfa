// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/answerhead"
)

// provider is a hosting service under whose names anybody may open a service
// that nobody has any more. Sources: the providers' own documentation of custom
// domains, read in 2026.
type provider struct {
	name   string
	suffix string // of the names it gives
	// absent is what its page says of a service that is not there; empty when a
	// name that does not exist in the DNS is the proof.
	absent string
}

// providers are those where a resource, once given up, may be opened again by
// another customer. Those that ask for a proof of ownership first are left out.
var providers = []provider{
	{"Azure App Service", ".azurewebsites.net", ""},
	{"Azure Cloud Services", ".cloudapp.net", ""},
	{"Azure", ".cloudapp.azure.com", ""},
	{"Azure Traffic Manager", ".trafficmanager.net", ""},
	{"Azure Storage", ".blob.core.windows.net", ""},
	{"Azure Storage", ".web.core.windows.net", ""},
	{"AWS Elastic Beanstalk", ".elasticbeanstalk.com", ""},
	{"Heroku", ".herokuapp.com", ""},
	{"AWS S3", ".amazonaws.com", "NoSuchBucket"},
	{"GitHub Pages", ".github.io", "There isn't a GitHub Pages site here"},
	{"Bitbucket", ".bitbucket.io", "Repository not found"},
	{"Surge", ".surge.sh", "project not found"},
	{"Pantheon", ".pantheonsite.io", "The gods are wise"},
	{"Read the Docs", ".readthedocs.io", "is not hosted on Read the Docs"},
	{"WordPress.com", ".wordpress.com", "Do you want to register"},
}

func providerOf(target string) (provider, bool) {
	for _, p := range providers {
		if strings.HasSuffix(target, p.suffix) {
			return p, true
		}
	}
	return provider{}, false
}

// findDangling looks for names that lead to a service that is not there. Three
// proofs are wanted before one is called claimable (exposure-checks.md section
// 8): the chain ends at a listed provider, the provider does not know the
// service, and the answer is not that of a wildcard of the zone itself.
func (g *gathering) findDangling(ctx context.Context) {
	pages := 0
	for _, asset := range g.sorted() {
		if !asset.Own || len(asset.Aliases) == 0 || g.wildcard && !asset.Declared {
			continue
		}
		target := asset.Aliases[len(asset.Aliases)-1]
		known, listed := providerOf(target)
		switch {
		case asset.Answer == fact.NXDomain:
			asset.Dangling = &fact.Hosted{Target: target, Provider: known.name, Claimable: listed && known.absent == "", Proof: "dns"}
		case listed && known.absent != "" && asset.InScope && pages < maxPages:
			pages++
			absent, read := saysAbsent(ctx, g, asset.Name, known.absent)
			if absent {
				asset.Dangling = &fact.Hosted{Target: target, Provider: known.name, Claimable: true, Proof: "http"}
			}
			if !read {
				asset.Unread = known.name
			}
		case listed && known.absent != "":
			asset.Unread = known.name
		}
	}
}

const (
	pageTimeout = 8 * time.Second
	maxPage     = 64 << 10 // bytes read of a page
)

// saysAbsent asks for the home page of a name in clear, as providers answer it
// for names that have no certificate any more, and tells whether it was read.
func saysAbsent(ctx context.Context, g *gathering, host, words string) (absent, read bool) {
	if err := g.net.Pace(ctx, host); err != nil {
		return false, false
	}
	ctx, cancel := scanner.WithPatience(ctx, pageTimeout)
	defer cancel()
	conn, err := g.net.DialContext(ctx, "tcp", net.JoinHostPort(host, "80"))
	if err != nil {
		return false, false
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	response, err := homePage(ctx, conn, host, g.net.UserAgent())
	if err != nil {
		return false, false
	}
	defer response.Body.Close()
	// A body cut by the bound or by the peer may hold the words all the same.
	body, _ := io.ReadAll(response.Body)
	return response.StatusCode == http.StatusNotFound && strings.Contains(string(body), words), true
}

func homePage(ctx context.Context, conn net.Conn, host, agent string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+host+"/", http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("User-Agent", agent)
	if err := request.Write(conn); err != nil {
		return nil, err
	}
	response, _, err := answerhead.Read(bufio.NewReader(io.LimitReader(conn, maxPage)), request)
	return response, err
}
