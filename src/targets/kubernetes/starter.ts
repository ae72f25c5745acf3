import type { StarterFacts, TemplateStarter } from '../../core/starter.js';

/** A Deployment of two replicas, never fewer while it is updated, and where a port is known its Service. */
export const kubernetesStarter: TemplateStarter = {
  target: 'kubernetes',
  fileName: (name) => `${name}.yaml`,
  needs: {},
  render,
};

/** A name is a DNS label (RFC 1123): no dots, no underscores. */
function render(facts: StarterFacts): string {
  const name = facts.name.replace(/[._]+/g, '-');
  const { image, port, memory } = facts;
  return `# Slipway writes the image, everything else is yours.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  labels: { app.kubernetes.io/name: ${name} }
spec:
  replicas: 2
  selector:
    matchLabels: { app.kubernetes.io/name: ${name} }
  strategy:
    rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }
  progressDeadlineSeconds: 300
  template:
    metadata:
      labels: { app.kubernetes.io/name: ${name} }
    spec:
      containers:
        - name: ${name}
          image: ${image}
          env:
            # Where the pod runs, for a service that registers its own address.
            - name: HOST_IP
              valueFrom: { fieldRef: { fieldPath: status.hostIP } }
            - name: POD_IP
              valueFrom: { fieldRef: { fieldPath: status.podIP } }
${port === undefined ? '' : portLines(port, facts.health)}          resources:
            requests: { memory: ${memory}Mi, cpu: 100m }
            limits: { memory: ${memory}Mi }
          securityContext: { runAsNonRoot: true, allowPrivilegeEscalation: false }
${port === undefined ? '' : serviceOf(name, port)}`;
}

function portLines(port: number, health: string | undefined): string {
  const probe =
    health === undefined ? 'tcpSocket: { port: http }' : `httpGet: { path: ${JSON.stringify(health)}, port: http }`;
  return `          ports:
            - { name: http, containerPort: ${port} }
          startupProbe: { ${probe}, periodSeconds: 2, failureThreshold: 60 }
          readinessProbe: { ${probe}, periodSeconds: 5 }
          livenessProbe: { ${probe}, periodSeconds: 10, failureThreshold: 3 }
`;
}

function serviceOf(name: string, port: number): string {
  return `---
apiVersion: v1
kind: Service
metadata:
  name: ${name}
spec:
  selector: { app.kubernetes.io/name: ${name} }
  ports:
    - { name: http, port: ${port}, targetPort: http }
`;
}
