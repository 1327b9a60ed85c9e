from mmner.cli.evaluate import main

raise SystemExit(main())
