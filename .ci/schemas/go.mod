// Where the schemas of Kubernetes' extensions come from: pinned, with sums. Only downloaded, never built.
module vestibule/schemas

go 1.19

require (
	istio.io/api v1.31.1
	sigs.k8s.io/gateway-api v1.4.1
)
