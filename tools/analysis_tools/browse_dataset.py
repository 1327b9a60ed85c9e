from mmner.cli.browse_dataset import main

raise SystemExit(main())
