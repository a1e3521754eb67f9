/** The repository of `lading demo`, and the images that its registry has. */

/** Images of the demo registry, as people would name them. */
export const IMAGES: readonly { readonly repository: string; readonly tag: string; readonly platforms?: readonly string[] }[] = [
  { repository: "ghcr.io/acme/web", tag: "1.4", platforms: ["linux/amd64", "linux/arm64"] },
  { repository: "ghcr.io/acme/worker", tag: "2.0.3", platforms: ["linux/amd64", "linux/arm64"] },
  { repository: "ghcr.io/acme/migrate", tag: "1.4", platforms: ["linux/amd64", "linux/arm64"] },
  { repository: "docker.io/library/nginx", tag: "1.27", platforms: ["linux/amd64", "linux/arm64"] },
  { repository: "docker.io/library/redis", tag: "7.4-alpine", platforms: ["linux/amd64", "linux/arm64"] },
];

/** Registries whose images the demo registry serves under their names. */
export const REGISTRIES: readonly string[] = ["ghcr.io", "docker.io"];

export const FILES: Readonly<Record<string, string>> = {
  "apps/web/deploy.yaml": `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      initContainers:
        - {name: migrate, image: "ghcr.io/acme/migrate:1.4"}
      containers:
        - name: web
          image: ghcr.io/acme/web:1.4   # the shop
        - name: proxy
          image: &proxy 'nginx:1.27'
---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: report
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: report
              image: >-
                ghcr.io/acme/worker:2.0.3
`,
  "apps/worker/base/deploy.yaml": `apiVersion: apps/v1
kind: Deployment
metadata:
  name: worker
spec:
  selector:
    matchLabels: {app: worker}
  template:
    metadata:
      labels: {app: worker}
    spec:
      containers:
        - name: worker
          # lading: ignore[pin-by-digest] the overlays set the tag and the digest
          image: ghcr.io/acme/worker:dev
`,
  "apps/worker/base/kustomization.yaml": `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [deploy.yaml]
`,
  "apps/worker/production/kustomization.yaml": `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../base]
images:
  - name: ghcr.io/acme/worker
    newTag: "2.0.3"   # set by the release
`,
  "charts/cache/Chart.yaml": `apiVersion: v2
name: cache
version: 0.1.0
`,
  "charts/cache/values.yaml": `image:
  registry: docker.io
  repository: library/redis
  tag: 7.4-alpine
  digest: ""
`,
};
